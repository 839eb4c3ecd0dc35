"""Where schemathesis asks for more than is promised: what JSON Schema can't say, or would say at too high a cost."""

import json
import re

from schemathesis import Response
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.openapi.checks import RejectedPositiveData

from app.core.settings import Settings

# What an error of a field says, and why the document doesn't.
UNSAID = {
    # opaque: good is what was given, and not what looks like it
    r"Use the `next` of a reply": "a cursor",
    r"Unknown, used or too old": "the token of a mailed link",
    r"Send it exactly as `score` gave it": "a claim token",
    # what there is changes with the content and with what a member has, and the document doesn't
    r"No (author|category|topic) has one of these slugs|No journey has this slug": "what articles and runs are of",
    r"There is no such question|This assessment has no such version": "what is answered",
    r"No assessment has this slug": "what results are of",
    r"This day has no such task": "what is done",
    r"Each scale says how many answers it needs": "how many are enough",
    r"This isn't a result of yours": "what is compared",
    r"must be from \d{4}-\d{2}-\d{2} to ": "when a run may start: today's date moves",
    r"It is \S+ here": "what time it is",
    # forms beyond a schema
    r"must be the name of a zone in the IANA database": "hundreds of names, of which each year brings others",
    r"Use at least \d+ characters|Make it longer": "how hard a password is to guess; how long it is is a setting",
    r"Input should be a valid integer": "JSON Schema takes 4.0 for an integer; we don't",
    r"must be one line|must be (UTF-8 )?text without NUL|This must be UTF-8 text": "a pattern at every text, for NUL",
    r"must decide on each purpose once": "unique by one field",
    r"must be an email address": "the format of addresses is stricter than any schema's",
    r"must be a moment": "dates that are on no calendar, leap seconds",
    r"(This is missing|The claim token says this)": "answers or a claim token; `oneOf` would cost clients the names",
}
KNOWN = re.compile("|".join(UNSAID))
LARGE: int = Settings.model_fields["max_body_bytes"].default


def is_said(failure: Failure, response: Response) -> bool:
    """Whether a failed check shows a fault: not when each error of a refusal has its reason above, and not when the one
    change in a batch that doesn't fit is refused alone, so that nothing else in the batch is lost. Nor when a body is
    refused that is large: ten thousand characters may be sent as escapes of twelve.
    """
    try:
        match failure, json.loads(response.content):
            case RejectedPositiveData() | AcceptedNegativeData(), {"code": "body_too_large"}:
                return int(response.request.headers["Content-Length"]) <= LARGE
            case RejectedPositiveData(), {"errors": [*errors]}:
                return not (errors and all(KNOWN.match(each["detail"]) for each in errors))
            case AcceptedNegativeData(), {"results": [*results]}:
                return all(each["status"] != "refused" for each in results)
    except ValueError:  # it is no JSON
        pass
    return True
