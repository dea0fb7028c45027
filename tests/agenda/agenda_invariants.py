"""Checks of an agenda with plain SQL of its own: nothing of the product decides what is right here."""

FREED = "('suspended', 'deleted', 'waitlisted')"


def broken(cursor) -> list[str]:
    """What is wrong, in words; empty in a sound agenda. `cursor` reads the centre's tables."""
    found = []
    for name, sql in CHECKS.items():  # each lists the rows that must not be
        cursor.execute(sql)
        found += [f"{name}: {row}" for row in cursor.fetchall()]
    return found


def _overlap(column):
    return f"""
        SELECT a.id, b.id FROM agenda_appointment a JOIN agenda_appointment b
        ON a.{column} = b.{column} AND a.id < b.id AND a.first_tick < b.end_tick AND b.first_tick < a.end_tick
        WHERE a.state NOT IN {FREED} AND b.state NOT IN {FREED} AND NOT a.is_overbooked AND NOT b.is_overbooked
    """


def _under_hold(column):
    return f"""
        SELECT a.id, h.id FROM agenda_appointment a JOIN agenda_hold h
        ON a.{column} = h.{column} AND a.first_tick < h.end_tick AND h.first_tick < a.end_tick
        WHERE a.state NOT IN {FREED} AND h.expires_at > a.created_at AND h.created_at <= a.created_at
    """


CHECKS = {
    "two visits of one practitioner": _overlap("practitioner_id"),
    "two visits in one room": _overlap("room_id"),
    "a visit over a hold": _under_hold("practitioner_id"),
    "a room held and booked": _under_hold("room_id"),
    "a claim of a visit that frees its time": f"""
        SELECT c.id FROM agenda_claim c JOIN agenda_appointment a ON a.id = c.appointment_id
        WHERE a.state IN {FREED}
    """,
    "a visit without each of its claims": f"""
        SELECT a.id FROM agenda_appointment a WHERE a.state NOT IN {FREED}
        AND (a.practitioner_id IS NOT NULL OR a.room_id IS NOT NULL)
        AND (SELECT COUNT(*) FROM agenda_claim c WHERE c.appointment_id = a.id AND c.tick >= a.first_tick
             AND c.tick < a.end_tick AND ((c.resource = 1 AND c.resource_id = a.practitioner_id)
                                       OR (c.resource = 2 AND c.resource_id = a.room_id)))
            <> (a.end_tick - a.first_tick) * (CASE WHEN a.practitioner_id IS NULL THEN 0 ELSE 1 END
                                              + CASE WHEN a.room_id IS NULL THEN 0 ELSE 1 END)
    """,
    "a claim of nothing": """
        SELECT c.id FROM agenda_claim c JOIN agenda_appointment a ON a.id = c.appointment_id
        WHERE c.tick < a.first_tick OR c.tick >= a.end_tick
           OR (c.resource = 1 AND c.resource_id <> COALESCE(a.practitioner_id, 0))
           OR (c.resource = 2 AND c.resource_id <> COALESCE(a.room_id, 0))
    """,
    "lanes with a gap": """
        SELECT resource, resource_id, tick FROM agenda_claim GROUP BY resource, resource_id, tick
        HAVING MIN(lane) <> 0 OR MAX(lane) <> COUNT(*) - 1
    """,
    "the mark of overbooking and the lanes differ": f"""
        SELECT a.id FROM agenda_appointment a WHERE a.state NOT IN {FREED} AND a.is_overbooked <>
        EXISTS (SELECT 1 FROM agenda_claim c WHERE c.appointment_id = a.id AND c.lane > 0)
    """,
    "more at once than the practitioner may": """
        SELECT c.resource_id, c.tick FROM agenda_claim c JOIN catalog_practitioner p ON p.id = c.resource_id
        WHERE c.resource = 1 GROUP BY c.resource_id, c.tick HAVING COUNT(*) > 1 + MAX(p.most_overbooked)
    """,
    "numbers twice": "SELECT number FROM agenda_appointment GROUP BY number HAVING COUNT(*) > 1",
    "numbers missing": """
        SELECT MAX(number), COUNT(*) FROM agenda_appointment HAVING MAX(number) <> COUNT(*)
    """,
    "a visit without a trail": """
        SELECT a.id FROM agenda_appointment a
        WHERE NOT EXISTS (SELECT 1 FROM agenda_appointmentchange c WHERE c.appointment_id = a.id)
    """,
}
