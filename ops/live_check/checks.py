"""All checks, in the order in which they run."""

from __future__ import annotations

from ops.live_check.alarms import alarms_are_sent
from ops.live_check.bucket import (
    etags_agree,
    missing_key_is_404,
    signed_url_reads_its_version,
)
from ops.live_check.check import Check
from ops.live_check.deployment import (
    a_setting_changes_the_function_only,
    digest_is_sha512,
    own_requests_is_used,
    second_plan_is_empty,
)
from ops.live_check.events import filter_works, subscription_delivers
from ops.live_check.gateway import backend_is_reached, body_is_decoded, host_answers
from ops.live_check.ocr import largest_side, tickets_are_billed

CHECKS = (
    Check(
        "event-filter",
        "EventGrid announces inputs only, not the function's own records.",
        "The subscription's filter is documented, but was not tried. If it is ignored, each record "
        "invokes the function once more, which ends at once but counts.",
        filter_works,
    ),
    Check(
        "event-delivery",
        "EventGrid's subscription invokes the function, with the agency `EG_TARGET_AGENCY`.",
        "EventGrid's console creates this agency with the first subscription. The provider does "
        "not, and sends its name unchecked.",
        subscription_delivers,
    ),
    Check(
        "api-host",
        "The gateway answers at the host that `make outputs` prints.",
        "The debugging domain of an API group can be switched off, and its host differs between "
        "shared and dedicated gateways.",
        host_answers,
    ),
    Check(
        "api-backend",
        "The gateway reaches the function by the network type V1.",
        "The documents name V1 (without VPC) and V2 (with VPC), and not the one that a dedicated "
        "gateway needs. `api_network_type` sets it.",
        backend_is_reached,
    ),
    Check(
        "api-body",
        "The gateway encodes bodies in Base64 and says so, and the function reads them.",
        "This is documented and was seen in samples, but not with a dedicated gateway.",
        body_is_decoded,
    ),
    Check(
        "alarm-template",
        "LTS has the message template `keywords_template`, which the alarms on the log use, and "
        "keeps their topic.",
        "The console's manual names it as built in; other sites and languages may have other "
        "names. `alarm_message_template` sets another one. An alarm without its topic tells "
        "nobody.",
        alarms_are_sent,
    ),
    Check(
        "missing-key",
        "OBS answers 404 to the function for an object that does not exist.",
        "Without the right to list the bucket, OBS answers 403, which stops a sweep.",
        missing_key_is_404,
    ),
    Check(
        "etags",
        "An object has the same ETag in a listing, in HEAD and in GET, also if it was uploaded in "
        "parts or is encrypted.",
        "A record stands for one ETag. If they differed, sweeps would read inputs again and again.",
        etags_agree,
    ),
    Check(
        "signed-version",
        "A signed URL that names a version reads that version.",
        "The OCR service must read the content that the record stands for.",
        signed_url_reads_its_version,
    ),
    Check(
        "ocr-size",
        "The OCR service reads sides up to 4,096 pixels, and refuses larger images.",
        "The contract says 4,096, the present web page 8,192. The function scales larger images "
        "down, which costs time and sharpness that might not be necessary.",
        largest_side,
    ),
    Check(
        "ocr-bill",
        "Auto Classification is billed per ticket that it read.",
        "The web page says so; the bill alone shows it.",
        tickets_are_billed,
    ),
    Check(
        "requests-library",
        "The function uses the `requests` of its package.",
        "The runtime has another one, and no document says which comes first.",
        own_requests_is_used,
    ),
    Check(
        "code-digest",
        "FunctionGraph's digest of the code is the SHA-512 of the zip.",
        "By it, `make deploy` and `make status` see whether the deployed code is the built one.",
        digest_is_sha512,
    ),
    Check(
        "second-plan",
        "A plan after a deployment has no changes.",
        "Some services return other values than were sent. Run this check again after the next "
        "change of a setting was deployed.",
        second_plan_is_empty,
    ),
    Check(
        "changed-setting",
        "A changed setting changes the function in place, and replaces no subscription.",
        "A replaced subscription loses the events between its removal and its creation.",
        a_setting_changes_the_function_only,
    ),
)
"""The checks; ``docs/operations.md`` lists them too."""
