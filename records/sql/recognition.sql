-- What earlier contacts of the same number and line tell of this one. The number stays sealed:
-- its HMAC is compared, at most 200 contacts back.

-- name: of_contact
-- $1 contact id, $2 the last contact ended since (or goes on), $3 short ones since,
-- $4 shorter than (seconds), $5 any since, $6 now. One row, or none for an unknown contact.
WITH earlier AS (
    SELECT past.contact_id, past.arrived_at, past.ended_at, past.ended_by, past.end_reason,
           past.disposition, past.audience, past.urgency, talk.listener_id, talk.seconds,
           coalesce(talk.seconds,
                    extract(epoch FROM past.ended_at - past.arrived_at)) AS lasted
      FROM contact AS this
      JOIN contact AS past ON past.number_hmac = this.number_hmac AND past.line_id = this.line_id
                          AND past.contact_id <> this.contact_id
                          AND past.arrived_at <= this.arrived_at
      LEFT JOIN LATERAL (
           SELECT (array_agg(listener_id ORDER BY talking_at DESC))[1] AS listener_id,
                  extract(epoch FROM sum(coalesce(wrap_up_at, done_at, $6) - talking_at)) AS seconds
             FROM engagement
            WHERE engagement.contact_id = past.contact_id AND talking_at IS NOT NULL) AS talk ON true
     WHERE this.contact_id = $1
     ORDER BY past.arrived_at DESC
     LIMIT 200
), last AS (
    SELECT contact_id AS last_contact_id, arrived_at AS last_arrived_at, ended_at, ended_by,
           end_reason, disposition, audience, urgency, listener_id,
           coalesce(floor(seconds), 0)::int AS talked_seconds
      FROM earlier
     WHERE coalesce(ended_at, $6) >= $2
     ORDER BY arrived_at DESC
     LIMIT 1
), counts AS (
    SELECT count(*) FILTER (WHERE ended_at >= $3 AND lasted < $4::int)::int AS short_count,
           count(*) FILTER (WHERE arrived_at >= $5)::int AS repeat_count
      FROM earlier
), follower AS (
    SELECT case_file.follower_id
      FROM earlier
      JOIN case_contact USING (contact_id)
      JOIN case_file USING (case_id)
      JOIN staff ON staff.staff_id = case_file.follower_id AND staff.active
     WHERE case_file.state <> 'close'
     ORDER BY earlier.arrived_at DESC, case_contact.attached_at DESC
     LIMIT 1
)
SELECT last.*, counts.short_count, counts.repeat_count, follower.follower_id
  FROM contact
 CROSS JOIN counts
  LEFT JOIN last ON true
  LEFT JOIN follower ON true
 WHERE contact.contact_id = $1
