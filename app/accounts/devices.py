"""What people recognise a device by: `Safari on iOS`."""

from ua_parser import parse

from app.core.text_fields import CONTROL

READ, LONGEST = 300, 80  # characters


def device_name(user_agent: str) -> str | None:
    found = parse(user_agent[:READ])
    program = found.user_agent.family if found.user_agent else None
    system = found.os.family if found.os else None
    name = f"{program} on {system}" if program and system else program or system
    return CONTROL.sub("", name)[:LONGEST] if name else None
