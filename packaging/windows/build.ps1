# Builds dist\mailstreams and the installer on Windows. Needs Python 3.11 to 3.13 from python.org and Inno Setup 6.
# Not yet run: this file was written from the documentation.
$ErrorActionPreference = "Stop"
$Root = (Resolve-Path "$PSScriptRoot\..\..").Path
$Python = "$Root\build\venv\Scripts\python.exe"

function Invoke-Checked {
    & $args[0] @($args | Select-Object -Skip 1)
    if ($LASTEXITCODE -ne 0) { throw "$($args -join ' ') ended with $LASTEXITCODE" }
}

Set-Location $Root
$env:PYTHONPATH = $Root
if (-not (Test-Path $Python)) { Invoke-Checked py -3 -m venv build\venv }
Invoke-Checked $Python -m pip install -q --require-hashes -r packaging\requirements.lock
Invoke-Checked $Python packaging\icons.py build\icons
Invoke-Checked $Python packaging\windows\version_info.py build
Invoke-Checked $Python -m PyInstaller --noconfirm --log-level WARN --distpath dist --workpath build\freeze packaging\mailstreams.spec

Invoke-Checked dist\mailstreams\mailstreams-engine.exe --version
Invoke-Checked dist\mailstreams\mailstreams-engine.exe demo --seconds 12

$Version = & $Python -c "from app.version import VERSION; print(VERSION)"
$Compiler = "${env:ProgramFiles(x86)}\Inno Setup 6\ISCC.exe"
Invoke-Checked $Compiler "/DVersion=$Version" packaging\windows\mailstreams.iss
