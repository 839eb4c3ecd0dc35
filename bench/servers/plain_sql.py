"""The SQL statements of the API by request, in PostgreSQL's syntax, with a translation to SQLite."""

import re
from functools import lru_cache

ACTIVE_SESSION = """
    EXISTS (SELECT sessions.id FROM sessions
            WHERE sessions.member_id = :member AND sessions.id = :session AND sessions.expires_at > :now)
"""
LOCKED = """
    SELECT sessions.id FROM sessions JOIN members ON members.id = sessions.member_id
    WHERE sessions.member_id = :member AND sessions.id = :session AND sessions.expires_at > :now
    FOR NO KEY UPDATE OF members, sessions
"""
RUN_COLUMNS = """
    runs.id, runs.number, runs.journey, runs.pace, runs.starts_on, runs.timetable, runs.reminder_time, runs.started_at,
    runs.abandoned_at, journeys.digest,
    EXISTS (SELECT * FROM calendars WHERE calendars.member_id = runs.member_id AND calendars.run_id = runs.id),
    (SELECT json_agg(json_build_array(day, completed_at, completed_on, time_zone, undone_at))::text FROM run_days
     WHERE run_days.member_id = runs.member_id AND run_days.run_id = runs.id) AS days
"""
LATEST = """
    runs.member_id = :member AND runs.number = (
        SELECT max(others.number) FROM runs AS others WHERE others.member_id = :member AND others.abandoned_at IS NULL
    )
"""
CONSENT_GRANTED = """
    (SELECT granted FROM member_consents WHERE member_id = :member AND purpose = 'health_data'
     ORDER BY number DESC LIMIT 1)
"""
RUN = f"SELECT {RUN_COLUMNS} FROM runs JOIN journeys ON journeys.slug = runs.journey WHERE {LATEST}"  # noqa: S608
RUN_OF_SIGNED_IN = f"{RUN} AND {ACTIVE_SESSION}"
RUN_AND_DAY = f"""
    SELECT {RUN_COLUMNS}, member_keys.key_id, member_keys.wrapped, day_notes.sealed, {CONSENT_GRANTED}
    FROM runs JOIN journeys ON journeys.slug = runs.journey
    JOIN member_keys ON member_keys.member_id = runs.member_id
    LEFT JOIN day_notes
    ON day_notes.member_id = runs.member_id AND day_notes.run_id = runs.id AND day_notes.day = :day
    WHERE {LATEST}
"""  # noqa: S608
RUN_AND_DAY_OF_SIGNED_IN = f"{RUN_AND_DAY} AND {ACTIVE_SESSION}"
OPENINGS = "UPDATE runs SET timetable = :timetable WHERE member_id = :member AND id = :run"
LAST_DAY = "UPDATE runs SET is_underway = false WHERE member_id = :member AND id = :run"
UPSERT_DAY = """
    INSERT INTO run_days (member_id, run_id, day, completed_at, completed_on, time_zone, undone_at)
    VALUES (:member, :run, :day, :now, :today, 'UTC', NULL)
    ON CONFLICT (member_id, run_id, day) DO UPDATE
    SET completed_at = excluded.completed_at, completed_on = excluded.completed_on, time_zone = excluded.time_zone,
        undone_at = excluded.undone_at
"""

KEY_AND_CONSENT = f"SELECT key_id, wrapped, {CONSENT_GRANTED} FROM member_keys WHERE member_id = :member"  # noqa: S608
NOTES = "SELECT day, sealed FROM day_notes WHERE member_id = :member AND run_id = :run ORDER BY day"
APPLIED = "SELECT id, body_hash FROM applied_changes WHERE member_id = :member AND run_id = :run AND id IN ({ids})"
APPLIED_COUNT = "SELECT count(*) FROM applied_changes WHERE member_id = :member AND run_id = :run"
UPSERT_NOTE = """
    INSERT INTO day_notes (member_id, run_id, day, sealed) VALUES (:member, :run, :day, :sealed)
    ON CONFLICT (member_id, run_id, day) DO UPDATE SET sealed = excluded.sealed
"""
INSERT_APPLIED = (
    "INSERT INTO applied_changes (member_id, run_id, id, body_hash) VALUES (:member, :run, :id, :body_hash)"
)

RESULT_BEFORE = f"""
    SELECT member_keys.key_id, member_keys.wrapped, results.body_hash, deleted_results.id, {CONSENT_GRANTED},
           (SELECT count(*) FROM results WHERE member_id = :member)
           + (SELECT count(*) FROM deleted_results WHERE member_id = :member)
    FROM member_keys LEFT JOIN results ON results.member_id = :member AND results.id = :result
    LEFT JOIN deleted_results ON deleted_results.member_id = :member AND deleted_results.id = :result
    WHERE member_keys.member_id = :member
"""  # noqa: S608
CURRENT_VERSION = """
    SELECT versions.slug, versions.version, versions.digest FROM assessment_versions AS versions
    JOIN assessments ON assessments.slug = versions.slug AND assessments.version = versions.version
    WHERE assessments.is_listed IS true AND assessments.slug = :assessment
"""
VERSION = "SELECT slug, version, digest FROM assessment_versions WHERE slug = :assessment AND version = :version"
INSERT_RESULT = """
    INSERT INTO results (member_id, id, assessment, version, digest, engine, taken_at, body_hash, sealed)
    VALUES (:member, :result, :assessment, :version, :digest, 1, :now, :body_hash, :sealed)
"""
DELETE_DRAFT = "DELETE FROM drafts WHERE member_id = :member AND assessment = :assessment"
RESULT_AND_BEFORE = """
    SELECT results.member_id, results.id, results.assessment, results.version, results.digest, results.engine,
           results.taken_at, results.sealed, member_keys.key_id, member_keys.wrapped
    FROM results JOIN member_keys ON member_keys.member_id = results.member_id
    JOIN results AS this ON this.member_id = results.member_id AND this.assessment = results.assessment
    WHERE results.member_id = :member AND this.member_id = :member AND this.id = :result
    AND (results.taken_at, results.id) <= (this.taken_at, this.id)
    ORDER BY results.taken_at DESC, results.id DESC LIMIT 2
"""
RECOMMENDED = """
    SELECT 'articles', slug, title, excerpt, reading_minutes FROM articles
    WHERE public_from <= :now AND slug IN (:article_1, :article_2, :article_3)
    UNION ALL SELECT 'topics', slug, name, NULL, NULL FROM topics
    WHERE is_listed AND slug IN (:topic_1, :topic_2)
"""

MEMBER = """
    SELECT members.id, members.address_hash, members.password_hash, members.sealed, members.verified_at,
           members.time_zone, members.language, members.registered_at, member_keys.key_id, member_keys.wrapped
    FROM members JOIN member_keys ON member_keys.member_id = members.id WHERE members.address_hash IN (:account)
"""
ATTEMPTS = """
    SELECT kind, account, network, tries, since, last_at FROM attempts
    WHERE (kind, account, network) IN (('known', :account, :network), ('guess', :account, ''), ('guess', '', :network))
    ORDER BY kind, account, network FOR UPDATE
"""
COUNT_ATTEMPT = """
    INSERT INTO attempts (kind, account, network, tries, since, last_at)
    VALUES (:kind, :account, :network, 1, :now, :now)
    ON CONFLICT (kind, account, network) DO UPDATE
    SET tries = CASE WHEN attempts.{moment} > :earliest AND attempts.{moment} <= :latest
                THEN attempts.tries + 1 ELSE 1 END,
        since = CASE WHEN attempts.{moment} > :earliest AND attempts.{moment} <= :latest
                THEN attempts.since ELSE :now END,
        last_at = :now
"""
COUNT_NETWORK, COUNT_ACCOUNT = COUNT_ATTEMPT.format(moment="since"), COUNT_ATTEMPT.format(moment="last_at")
LOCK_IF_PASSWORD_UNCHANGED = (
    "SELECT id FROM members WHERE id = :member AND password_hash = :password_hash FOR NO KEY UPDATE"  # noqa: S105
)
REVERT_ATTEMPT = """
    UPDATE attempts SET tries = tries - 1
    WHERE kind = 'guess' AND account = '' AND network = :network AND tries > 0
"""
CLEAR_ATTEMPTS = "DELETE FROM attempts WHERE kind = 'guess' AND account = :account"
REMEMBER_NETWORK = """
    INSERT INTO attempts (kind, account, network, tries, since, last_at)
    VALUES ('known', :account, :network, 0, :now, :now)
    ON CONFLICT (kind, account, network) DO UPDATE SET tries = 0, last_at = :now
"""
DELETE_OLDEST_SESSION = """
    DELETE FROM sessions WHERE member_id = :member AND id IN (
        SELECT id FROM sessions WHERE member_id = :member ORDER BY refreshed_at DESC LIMIT 100 OFFSET 99
    ) RETURNING member_id, id
"""
AUDIT = """
    INSERT INTO audit_events (subject, id, event, session_id, happened_at)
    VALUES (:subject, :event, 'signed_in', :session, :now)
"""
INSERT_SESSION = """
    INSERT INTO sessions (member_id, id, counter, sealed, started_at, refreshed_at, expires_at, ends_at)
    VALUES (:member, :session, 0, :sealed, :now, :now, :expires, :ends)
"""

SESSION = """
    SELECT sessions.member_id, sessions.id, sessions.sealed, sessions.started_at, sessions.refreshed_at,
           sessions.expires_at, member_keys.key_id, member_keys.wrapped, sessions.counter, sessions.ends_at
    FROM sessions JOIN member_keys ON member_keys.member_id = sessions.member_id
    WHERE sessions.member_id = :member AND sessions.id = :session AND sessions.expires_at > :now
    FOR NO KEY UPDATE OF sessions
"""
ADVANCE_COUNTER = """
    UPDATE sessions SET counter = :counter, sealed = :sealed, refreshed_at = :now, expires_at = :expires
    WHERE member_id = :member AND id = :session
"""

LOCK = re.compile(r"FOR (NO KEY )?UPDATE( OF [\w, ]+)?")
VALUE = re.compile(r"(?<!:):(\w+)")
NAMES_IN_SQLITE = (
    ("json_agg(json_build_array(", "json_group_array(json_array("),
    ("::text", ""),
    ("IN ((", "IN (VALUES ("),
)


@lru_cache
def in_sqlite(statement: str) -> str:
    """Translate a statement to SQLite's syntax.

    Row locks are removed, because SQLite allows only one writer.
    """
    for name, replacement in NAMES_IN_SQLITE:
        statement = statement.replace(name, replacement)
    return LOCK.sub("", statement)


@lru_cache
def in_postgresql(statement: str) -> str:
    return VALUE.sub(r"%(\1)s", statement)


@lru_cache
def applied(count: int) -> str:
    """Return a statement that selects which of `count` changes (`id_0`, `id_1`...) were applied before."""
    return APPLIED.format(ids=", ".join(f":id_{n}" for n in range(count)))
