"""What is wrong with a server's certificate that was accepted without a check, in words. Pure, in the worker process."""

from __future__ import annotations

from datetime import UTC, datetime

from cryptography import x509


def certificate_fault(der: bytes | None, host: str, now: float) -> str:
    """Why a certificate (DER) would not do for *host* at *now* (epoch seconds); "" when nothing speaks against it.

    The chain is not looked at, but for one that ends at once. Never raises: the certificate is a stranger's.
    """
    if not der:
        return "there is none"
    try:
        certificate = x509.load_der_x509_certificate(der)
        moment = datetime.fromtimestamp(now, UTC)
        if certificate.not_valid_after_utc < moment:
            return f"it expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
        if certificate.not_valid_before_utc > moment:
            return f"it is valid from {certificate.not_valid_before_utc:%Y-%m-%d} only"
        if certificate.issuer == certificate.subject:
            return "it is signed by itself"
        names = _names(certificate)
    except (ValueError, TypeError, OverflowError):
        return "it can't be read"
    return "" if any(_covers(name, host) for name in names) else "it is for another name"


def _names(certificate: x509.Certificate) -> list[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return []
    return extension.value.get_values_for_type(x509.DNSName)


def _covers(name: str, host: str) -> bool:
    """RFC 6125, 6.4.3: a star stands for the whole first label."""
    name, host = name.lower().rstrip("."), host.lower().rstrip(".")
    if name.startswith("*."):
        return name[2:] == host.partition(".")[2]
    return name == host
