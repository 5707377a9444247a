"""Certificates that a rehearsal's mail servers show: good ones from an authority of their own, and bad ones."""

from __future__ import annotations

import ssl
import tempfile
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.rehearsal.scenario import Certificate

_YEAR: Final = timedelta(days=365)


class Authority:
    """Issues certificates; everything lives in memory but for the moment in which a context reads it."""

    def __init__(self) -> None:
        self._key: Final = ec.generate_private_key(ec.SECP256R1())
        self._name: Final = _name("Rehearsal Authority")
        now = datetime.now(UTC)
        self._certificate: Final = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _YEAR)
            .not_valid_after(now + _YEAR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, SHA256())
        )
        self._contexts: dict[tuple[Certificate, str], ssl.SSLContext] = {}

    @property
    def pem(self) -> str:
        """The authority's own certificate, for whoever is to trust it."""
        return self._certificate.public_bytes(Encoding.PEM).decode()

    def context(self, kind: Certificate, host: str) -> ssl.SSLContext:
        """What a server named *host* needs for STARTTLS with a certificate of this kind."""
        if (kind, host) not in self._contexts:
            self._contexts[kind, host] = self._make_context(kind, host)
        return self._contexts[kind, host]

    def _make_context(self, kind: Certificate, host: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if kind is Certificate.OLD_PROTOCOL:
            _allow_old_protocols_only(context)
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:
            Path(file.name).write_bytes(self._issue(kind, host))
            context.load_cert_chain(file.name)
        return context

    def _issue(self, kind: Certificate, host: str) -> bytes:
        """A private key and its certificate, as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = "another.invalid" if kind is Certificate.WRONG_NAME else host
        end = datetime.now(UTC) + (-timedelta(days=1) if kind is Certificate.EXPIRED else timedelta(days=30))
        alone = kind is Certificate.SELF_SIGNED
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(_name(name) if alone else self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(end - timedelta(days=60))
            .not_valid_after(end)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key((key if alone else self._key).public_key()),
                critical=False,
            )
            .sign(key if alone else self._key, SHA256())
        )
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return secret + certificate.public_bytes(Encoding.PEM)


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def _allow_old_protocols_only(context: ssl.SSLContext) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
