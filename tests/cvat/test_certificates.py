"""A server whose certificate nobody knows is not trusted, unless the spec says so."""

import datetime
import ipaddress
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.cvat.replay import TOKEN, replaying
from tests.labeling.batches import batch
from ymir.errors import DataError
from ymir.labeling import cvat as tool


def certificate(folder):
    """A certificate for 127.0.0.1 that signs itself, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = serialization.NoEncryption()
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    file = folder / "server.pem"
    file.write_bytes(made.public_bytes(pem) + private)
    return file


@pytest.fixture
def secure(tmp_path, monkeypatch):
    monkeypatch.setenv("CVAT_TOKEN", TOKEN)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    with replaying(context) as replay:
        yield {"url": replay.url, "token": {"env": "CVAT_TOKEN"}, "patience": "1s"}


def test_an_unknown_certificate_is_an_error_that_says_what_to_do(secure, tmp_path):
    with pytest.raises(DataError, match=r"the certificate of `https://.*` is not trusted") as error:
        tool.send(batch(tmp_path), secure)
    assert "verify: FILE" in error.value.hint


@pytest.mark.parametrize("verify", ["server.pem", False])
def test_the_spec_says_whom_to_trust(secure, tmp_path, verify):
    sent = batch(tmp_path)
    assert tool.send(sent, {**secure, "verify": verify})["images"] == 3


def test_a_file_of_certificates_that_is_not_there_is_an_error(secure, tmp_path):
    with pytest.raises(DataError, match=r"`verify: none\.pem` cannot be used"):
        tool.send(batch(tmp_path), {**secure, "verify": "none.pem"})
