; Inno Setup 6: the installer of MailStreams for Windows, made by build.ps1 from dist\mailstreams. Not yet run: this file was
; written from the documentation.

#define Name "MailStreams"
#ifndef Version
  #error Give the version: ISCC /DVersion=1.2.3 mailstreams.iss
#endif

[Setup]
AppId={{6D0E2B5C-6B0B-4B53-9E5C-7A53C6A6C1B4}
AppName={#Name}
AppVersion={#Version}
AppVerName={#Name} {#Version}
AppPublisher={#Name}
VersionInfoVersion={#Version}
DefaultDirName={autopf}\{#Name}
DefaultGroupName={#Name}
DisableProgramGroupPage=yes
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
MinVersion=10.0.17763
OutputDir=..\..\dist
OutputBaseFilename=mailstreams-{#Version}-setup
SetupIconFile=..\..\build\icons\mailstreams.ico
UninstallDisplayIcon={app}\mailstreams.exe
Compression=lzma2
SolidCompression=yes
WizardStyle=modern
ChangesEnvironment=yes
CloseApplications=yes
RestartApplications=no

[Languages]
Name: "en"; MessagesFile: "compiler:Default.isl"
Name: "de"; MessagesFile: "compiler:Languages\German.isl"

[CustomMessages]
en.Path=Add the command line to the search path (PATH)
de.Path=Die Befehlszeile in den Suchpfad (PATH) aufnehmen

[Tasks]
Name: "desktopicon"; Description: "{cm:CreateDesktopIcon}"; Flags: unchecked
Name: "path"; Description: "{cm:Path}"; Flags: unchecked

[InstallDelete]
; An upgrade leaves no module of the version before.
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "..\..\dist\mailstreams\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion

[Icons]
Name: "{group}\{#Name}"; Filename: "{app}\mailstreams.exe"; AppUserModelID: "MailStreams"
Name: "{autodesktop}\{#Name}"; Filename: "{app}\mailstreams.exe"; Tasks: desktopicon

[Registry]
Root: HKA; Subkey: "{code:EnvironmentKey}"; ValueType: expandsz; ValueName: "Path"; ValueData: "{olddata};{app}"; \
  Tasks: path; Check: IsPathMissing

[Run]
Filename: "{app}\mailstreams.exe"; Description: "{cm:LaunchProgram,{#Name}}"; Flags: nowait postinstall skipifsilent

; The data in %LOCALAPPDATA%\mailstreams belong to the person and stay when the program is removed.

[Code]
function EnvironmentKey(Param: String): String;
begin
  if IsAdminInstallMode then
    Result := 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
  else
    Result := 'Environment';
end;

function CurrentPath: String;
begin
  if not RegQueryStringValue(HKA, EnvironmentKey(''), 'Path', Result) then
    Result := '';
end;

function IsPathMissing: Boolean;
begin
  Result := Pos(';' + Lowercase(ExpandConstant('{app}')) + ';', ';' + Lowercase(CurrentPath) + ';') = 0;
end;

procedure CurUninstallStepChanged(CurUninstallStep: TUninstallStep);
var
  Path: String;
begin
  if CurUninstallStep <> usPostUninstall then
    Exit;
  Path := ';' + CurrentPath + ';';
  if StringChangeEx(Path, ';' + ExpandConstant('{app}') + ';', ';', True) > 0 then
    RegWriteExpandStringValue(HKA, EnvironmentKey(''), 'Path', Copy(Path, 2, Length(Path) - 2));
end;
