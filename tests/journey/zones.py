"""Time zones for tests, with all known kinds of irregular dates and clock changes."""

ZONES = (
    # zones that skipped or changed a date, or have the largest UTC offsets
    "Pacific/Apia", "Pacific/Fakaofo", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Pacific/Honolulu", "Pacific/Niue",
    "Pacific/Tongatapu", "Pacific/Enderbury", "Pacific/Kwajalein", "Etc/GMT+12", "Etc/GMT-14",
    # clock changes at or near midnight
    "America/Santiago", "America/Asuncion", "America/Sao_Paulo", "America/Campo_Grande", "America/Havana",
    "America/St_Johns", "America/Goose_Bay", "America/Nuuk", "America/Scoresbysund", "Asia/Amman", "Asia/Beirut",
    "Asia/Damascus", "Asia/Gaza", "Asia/Hebron", "Asia/Tehran", "Atlantic/Azores", "Africa/Cairo",
    # clock changes of 30 minutes or several hours, for Ramadan, or of the standard offset
    "Australia/Lord_Howe", "Antarctica/Troll", "Antarctica/Casey", "Antarctica/Davis", "Antarctica/Macquarie",
    "Antarctica/Vostok", "Africa/Casablanca", "Africa/El_Aaiun", "Africa/Juba", "Africa/Sao_Tome", "Africa/Windhoek",
    "America/Caracas", "America/Cancun", "America/Grand_Turk", "America/Metlakatla", "America/Port-au-Prince",
    "Asia/Almaty", "Asia/Chita", "Asia/Magadan", "Asia/Pyongyang", "Asia/Ulaanbaatar", "Europe/Istanbul",
    "Europe/Moscow", "Europe/Samara", "Europe/Volgograd", "Pacific/Bougainville", "Pacific/Fiji", "Pacific/Norfolk",
    # UTC offsets that aren't whole hours
    "Asia/Kathmandu", "Asia/Kolkata", "Asia/Yangon", "Asia/Kabul", "Australia/Adelaide", "Australia/Eucla",
    "Pacific/Chatham", "Pacific/Marquesas",
    # zones with many inhabitants
    "America/Los_Angeles", "America/New_York", "Asia/Jerusalem", "Asia/Shanghai", "Asia/Tokyo", "Australia/Sydney",
    "Europe/Berlin", "Europe/Dublin", "Europe/London", "Pacific/Auckland", "UTC",
)  # fmt: skip
