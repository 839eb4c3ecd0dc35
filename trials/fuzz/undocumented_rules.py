"""Validation rules that the OpenAPI document doesn't contain.

JSON Schema can't express them, or only at a high cost. Schemathesis reports their errors as failures, which the fuzz
test ignores.
"""

import json
import re

from schemathesis import Response
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.openapi.checks import RejectedPositiveData

from app.core.settings import Settings

# Patterns of error details, with the values that they concern, or the reason why a schema lacks the rule.
UNDOCUMENTED_RULES = {
    # opaque values: only values that the service issued are valid
    r"Use the `next` of a response": "a cursor",
    r"The token is unknown, already used or expired": "the token of an emailed link",
    r"Send the token exactly as `score` returned it": "a claim token",
    # values that depend on the content or the member's data
    r"At least one (author|category|topic) slug does not exist|No journey has this slug": "slugs of articles and runs",
    r"This questionnaire has no such question|This assessment has no such version": "question ids and versions",
    r"No assessment has this slug": "slugs of assessments",
    r"This day has no such task": "task ids",
    r"Send at least `min_answered` answers of one scale": "the required number of answers",
    r"This isn't one of your results": "ids of compared results",
    r"must be from \d{4}-\d{2}-\d{2} to ": "the start date of a run, which depends on the current date",
    r"The server's time is \S+": "the current time",
    # formats that a schema can't express
    r"must be the name of a zone in the IANA database|must be an ISO 3166-1": "hundreds of names that change yearly",
    r"Use at least \d+ characters|Make it longer": "password strength; the minimum length is a setting",
    r"Input should be a valid integer": "JSON Schema accepts 4.0 as an integer",
    r"must be one line|must be text without NUL|The value must be UTF-8 text": "would need a pattern everywhere",
    r"must decide on each purpose once": "uniqueness by one field",
    r"must be an email address|must (be a BCP 47|not contain a variant)": "stricter than the format of a schema",
    r"must be a timestamp": "impossible dates, leap seconds",
    r"must contain either": "a token or a code; a oneOf is worse",
    r"(This is missing|Remove this: the claim token contains it)": "answers or a claim token; a oneOf is worse",
}
UNDOCUMENTED_PATTERN = re.compile("|".join(UNDOCUMENTED_RULES))
MAX_BODY_BYTES: int = Settings.model_fields["max_body_bytes"].default


def is_defect(failure: Failure, response: Response) -> bool:
    """Return whether a failed check is a defect of the service.

    It is no defect if all errors match UNDOCUMENTED_RULES, if a sync rejects an invalid change and applies the others,
    or if the body exceeds the size limit. (A text of valid length can exceed it if all its characters are escaped.)
    """
    try:
        match failure, json.loads(response.content):
            case RejectedPositiveData() | AcceptedNegativeData(), {"code": "body_too_large"}:
                return int(response.request.headers["Content-Length"]) <= MAX_BODY_BYTES
            case RejectedPositiveData(), {"errors": [*errors]}:
                return not (errors and all(UNDOCUMENTED_PATTERN.match(error["detail"]) for error in errors))
            case AcceptedNegativeData(), {"results": [*results]}:
                return all(result["status"] != "refused" for result in results)
    except ValueError:  # the response is not JSON
        pass
    return True
