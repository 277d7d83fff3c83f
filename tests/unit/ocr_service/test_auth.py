"""Authentication of the OCR service: signatures, credentials, tokens."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from hypothesis import given
from hypothesis import strategies as st

from ocr_service import errors
from ocr_service.auth import signature
from ocr_service.auth.authenticator import Authenticator
from ocr_service.auth.keyring import (
    Credentials,
    FileKeyring,
    Keyrings,
    StaticKeyring,
    write_key_file,
)
from ocr_service.auth.tokens import Tokens

NOW = datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
KEY = Credentials("AK", "SK")
PATH = "/v2/p1/ocr/quota-invoice"


def signed(
    *,
    path: str = PATH,
    query: list[tuple[str, Any]] | None = None,
    body: bytes = b"{}",
    headers: dict[str, str] | None = None,
    at: datetime = NOW,
    secret: str = KEY.secret_key,
) -> signature.Message:
    """Return a request signed by the SDK."""
    request = SdkRequest(
        method="POST",
        host="127.0.0.1:8090",
        resource_path=path,
        query_params=query or [],
        header_params={"X-Sdk-Date": at.strftime("%Y%m%dT%H%M%SZ"), **(headers or {})},
        body=body,
    )
    result = Signer(BasicCredentials(KEY.access_key, secret)).sign(request)
    pairs = [(k.lower().encode(), v.encode("latin-1")) for k, v in result.header_params.items()]
    raw_path, _, raw_query = result.uri.partition("?")
    return signature.Message("POST", raw_path.encode("utf-8"), raw_query.encode(), pairs)


def verify(message: signature.Message, body: bytes = b"{}", secret: str = KEY.secret_key) -> None:
    claimed = signature.parse(message, NOW)
    signature.verify(claimed, message, hashlib.sha256(body).hexdigest(), secret)


def with_header(message: signature.Message, name: str, value: bytes) -> signature.Message:
    kept = [pair for pair in message.headers if pair[0] != name.encode()]
    return replace(message, headers=[*kept, (name.encode(), value)])


def refusal(message: signature.Message, body: bytes = b"{}") -> errors.ApiError:
    with pytest.raises(errors.ApiError) as caught:
        verify(message, body)
    return caught.value


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
values = st.one_of(texts, st.integers(), st.booleans())


@given(
    parts=st.lists(texts, max_size=4),
    query=st.lists(st.tuples(st.text("abz~ /+%&=票", min_size=1, max_size=3), texts), max_size=4),
    body=st.binary(max_size=50),
    value=texts,
)
def test_requests_signed_by_the_sdk_are_accepted(
    parts: list[str], query: list[tuple[str, str]], body: bytes, value: str
) -> None:
    path = "/" + "/".join(part.replace("?", "") for part in parts)
    message = signed(path=path, query=query, body=body, headers={"X-Odd": value})
    verify(message, body)


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_another_body_is_refused(body: bytes, other: bytes) -> None:
    message = signed(body=body)
    if body == other:
        verify(message, other)
    else:
        assert refusal(message, other).code is errors.WRONG_SIGNATURE


@pytest.mark.parametrize(
    "change",
    [
        {"method": "PUT"},
        {"path": b"/v2/p2/ocr/quota-invoice"},
        {"query": b"a=1"},
    ],
)
def test_another_request_line_is_refused(change: dict[str, Any]) -> None:
    message = signed()
    verify(message)
    assert refusal(replace(message, **change)).detail == "verify aksk signature fail"


def test_another_header_is_refused_if_it_was_signed() -> None:
    message = signed(headers={"X-Project-Id": "p1"})
    verify(message)
    assert refusal(with_header(message, "x-project-id", b"p2")).code is errors.WRONG_SIGNATURE
    verify(with_header(message, "x-unsigned", b"anything"))


def test_a_missing_signed_header_is_refused() -> None:
    message = signed(headers={"X-Project-Id": "p1"})
    rest = [pair for pair in message.headers if pair[0] != b"x-project-id"]
    assert refusal(replace(message, headers=rest)).detail == "a signed header is missing"


def test_a_repeated_signed_header_is_refused() -> None:
    message = signed(headers={"X-Project-Id": "p1"})
    twice = replace(message, headers=[*message.headers, (b"x-project-id", b"p2")])
    assert refusal(twice).detail == "header x-project-id is repeated"


def test_another_secret_is_refused() -> None:
    assert refusal(signed(secret="other")).detail == "verify aksk signature fail"


@pytest.mark.parametrize("minutes", [-16, 16, 24 * 60])
def test_a_clock_too_far_off_is_refused(minutes: int) -> None:
    message = signed(at=NOW + timedelta(minutes=minutes))
    assert refusal(message).detail == "the signature expired"


@pytest.mark.parametrize("minutes", [-14, 0, 14])
def test_a_clock_a_little_off_is_accepted(minutes: int) -> None:
    verify(signed(at=NOW + timedelta(minutes=minutes)))


def test_an_unsigned_payload_is_refused() -> None:
    """For other content types, the SDK does not sign the body."""
    message = signed(headers={"Content-Type": "text/plain"})
    assert (b"x-sdk-content-sha256", b"UNSIGNED-PAYLOAD") in message.headers
    assert refusal(message).detail == "the body is not the signed one"


def test_a_declared_body_hash_is_accepted_if_it_is_true() -> None:
    verify(signed(headers={"X-Sdk-Content-Sha256": hashlib.sha256(b"{}").hexdigest()}))
    false = signed(headers={"X-Sdk-Content-Sha256": hashlib.sha256(b"[]").hexdigest()})
    assert refusal(false).detail == "the body is not the signed one"


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"Basic dTpw",
        b"SDK-HMAC-SHA256",
        b"SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=00",
        b"SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, Signature=" + b"0" * 64,
        b"SDK-HMAC-SM3 Access=AK, SignedHeaders=host;x-sdk-date, Signature=" + b"0" * 64,
        b"SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date, Signature=" + b"0" * 64,
        "SDK-HMAC-SHA256 Access=票, SignedHeaders=host;x-sdk-date, Signature=x".encode(),
    ],
)
def test_malformed_authorization_headers_are_refused(value: bytes) -> None:
    assert refusal(with_header(signed(), "authorization", value)).code is errors.WRONG_SIGNATURE


@pytest.mark.parametrize("value", [b"", b"now", b"20260301T120000", b"99999999T999999Z", b"\xff"])
def test_malformed_dates_are_refused(value: bytes) -> None:
    message = with_header(signed(), "x-sdk-date", value)
    assert refusal(message).detail == "x-sdk-date is malformed"


def authenticator(
    *known: Credentials, project: str = "p1", tokens: Tokens | None = None
) -> Authenticator:
    tokens = tokens or Tokens(timedelta(hours=1), clock=lambda: NOW)
    return Authenticator(project, StaticKeyring(known), tokens, clock=lambda: NOW)


def authenticate(at: Authenticator, message: signature.Message, project: str = "p1") -> None:
    at.authenticate(message, project).verify(hashlib.sha256(b"{}").hexdigest())


def test_temporary_credentials_need_their_security_token() -> None:
    temporary = Credentials("AK", "SK", "ST", NOW + timedelta(seconds=1))
    authenticate(authenticator(temporary), signed(headers={"X-Security-Token": "ST"}))
    for headers in ({}, {"X-Security-Token": "other"}, {"X-Security-Token": "票"}):
        with pytest.raises(errors.ApiError, match="security token"):
            authenticate(authenticator(temporary), signed(headers=headers))
    with pytest.raises(errors.ApiError, match="security token"):
        authenticate(authenticator(KEY), signed(headers={"X-Security-Token": "ST"}))


def test_expired_and_unknown_access_keys_are_refused_before_the_body_is_read() -> None:
    with pytest.raises(errors.ApiError, match="expired"):
        authenticator(Credentials("AK", "SK", None, NOW)).authenticate(signed(), "p1")
    with pytest.raises(errors.ApiError, match="unknown"):
        authenticator().authenticate(signed(), "p1")


def test_another_project_is_refused_only_after_the_signature() -> None:
    with pytest.raises(errors.ApiError) as caught:
        authenticate(authenticator(KEY), signed(secret="other"), "p2")
    assert caught.value.code is errors.WRONG_SIGNATURE
    with pytest.raises(errors.ApiError) as caught:
        authenticate(authenticator(KEY), signed(), "p2")
    assert caught.value.code is errors.WRONG_PROJECT


def by_token(at: Authenticator, token: bytes | None) -> errors.Code | None:
    headers = [] if token is None else [(b"x-auth-token", token)]
    try:
        authenticate(at, signature.Message("POST", b"/", b"", headers))
    except errors.ApiError as refused:
        return refused.code
    return None


def test_each_invalid_token_has_its_code() -> None:
    clock = [NOW]
    tokens = Tokens(timedelta(hours=1), "fixed token 票", clock=lambda: clock[0])
    at = authenticator(tokens=tokens)
    good, end = tokens.issue("p1")
    assert end == NOW + timedelta(hours=1)
    assert by_token(at, good.encode()) is None
    assert by_token(at, None) is errors.TOKEN_EMPTY
    assert by_token(at, b" ") is errors.TOKEN_EMPTY
    assert by_token(at, b"not a token") is errors.TOKEN_UNPARSABLE
    assert by_token(at, b"MIIN") is errors.TOKEN_WRONG
    assert by_token(at, b"A" + good[1:].encode()) is errors.TOKEN_WRONG
    assert by_token(at, good[:-1].encode() + b"g") is errors.TOKEN_WRONG
    assert by_token(at, tokens.issue(None)[0].encode()) is errors.TOKEN_WITHOUT_PROJECT
    assert by_token(at, tokens.issue("p2")[0].encode()) is errors.WRONG_PROJECT
    assert by_token(at, Tokens(timedelta(hours=1)).issue("p1")[0].encode()) is errors.TOKEN_WRONG
    clock[0] = end
    assert by_token(at, good.encode()) is errors.TOKEN_EXPIRED


def test_a_fixed_token_never_expires() -> None:
    clock = [NOW]
    at = authenticator(tokens=Tokens(timedelta(seconds=1), "fixed", clock=lambda: clock[0]))
    clock[0] += timedelta(days=4000)
    assert by_token(at, b"fixed") is None
    assert by_token(at, b"fixed2") is errors.TOKEN_WRONG


def test_a_token_expires_with_its_temporary_credentials() -> None:
    tokens = Tokens(timedelta(hours=24), clock=lambda: NOW)
    assert tokens.issue("p1", NOW + timedelta(minutes=5))[1] == NOW + timedelta(minutes=5)
    assert tokens.issue("p1", NOW + timedelta(days=5))[1] == NOW + timedelta(hours=24)


def test_credentials_in_a_file_appear_change_and_disappear(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    ring = Keyrings(StaticKeyring([KEY]), FileKeyring(path))
    assert ring.find("T1") is None
    first = Credentials("T1", "S1", "ST1", NOW)
    write_key_file(path, [first])
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    assert ring.find("T1") == first
    write_key_file(path, [Credentials("T2", "S2")])
    assert ring.find("T1") is None
    assert ring.find("T2") == Credentials("T2", "S2")
    assert ring.find("AK") is KEY
    path.unlink()
    assert ring.find("T2") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"credentials": [{"access": "AK"}]}',
        b'{"credentials": [{"access": "AK", "secret": "S3CRET", "expires_at": "2026-01-01"}]}',
        b'{"credentials": [], "pad": "' + b" " * (1 << 20) + b'"}',
    ],
)
def test_a_key_file_in_another_format_is_ignored(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "keys.json"
    path.touch(0o600)
    path.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        assert FileKeyring(path).find("AK") is None
    assert "key file ignored" in caplog.text
    assert "S3CRET" not in caplog.text


def test_a_key_file_readable_by_others_is_ignored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "keys.json"
    write_key_file(path, [KEY])
    ring = FileKeyring(path)
    assert ring.find("AK") == KEY
    path.chmod(0o640)
    assert ring.find("AK") is None
    assert "mode 0600" in caplog.text


def test_a_key_file_is_plain_json(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    entry = {
        "access": "A",
        "secret": "S",
        "securitytoken": "T",
        "expires_at": "2026-01-31T08:00:00.000000Z",
    }
    handle = os.open(path, os.O_CREAT | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump({"credentials": [entry]}, file)
    end = datetime(2026, 1, 31, 8, tzinfo=timezone.utc)
    assert FileKeyring(path).find("A") == Credentials("A", "S", "T", end)


def test_secrets_do_not_show_when_printed() -> None:
    assert "SK" not in repr(KEY)
    assert "ST" not in repr(Credentials("AK", "x", "ST"))
