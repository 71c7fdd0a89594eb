-- How waiting ended lately, minute by minute, from events: what the live window is filled with again.

-- name: answered
-- Offers accepted since $2. $1 line ids; $3, $4, $5 targets: queue, channel, ms.
SELECT engagement.line_id, engagement.queue, engagement.channel, contact.language, contact.needs,
       date_trunc('minute', engagement.accepted_at) AS minute,
       count(*)::int AS answered,
       count(*) FILTER (WHERE engagement.waited_ms <= target.ms)::int AS in_target,
       0 AS abandoned, 0 AS abandoned_early,
       sum(engagement.waited_ms)::bigint AS waited_ms, max(engagement.waited_ms) AS longest_ms
  FROM contact_event
  JOIN engagement ON engagement.engagement_id = contact_event.engagement_id
  JOIN contact ON contact.contact_id = contact_event.contact_id
  LEFT JOIN unnest($3::text[], $4::text[], $5::bigint[]) AS target (queue, channel, ms)
    ON target.queue = engagement.queue AND target.channel = engagement.channel
 WHERE contact_event.line_id = ANY ($1::text[]) AND contact_event.at >= $2
   AND contact_event.kind = 'accepted'
   AND engagement.queue IS NOT NULL AND engagement.waited_ms IS NOT NULL
 GROUP BY 1, 2, 3, 4, 5, 6

-- name: abandoned
-- Contacts given up while they waited, since $2; early = before $3 ms. $1 line ids. Whom a desk had
-- lost did not give up: answered is what they were, and so they are counted.
SELECT contact.line_id, contact.queue, contact.channel, contact.language, contact.needs,
       date_trunc('minute', contact.ended_at) AS minute,
       0 AS answered, 0 AS in_target,
       count(*) FILTER (WHERE wait.ms >= $3::bigint)::int AS abandoned,
       count(*) FILTER (WHERE wait.ms < $3::bigint)::int AS abandoned_early,
       0::bigint AS waited_ms, 0::bigint AS longest_ms
  FROM contact_event
  JOIN contact USING (contact_id)
 CROSS JOIN LATERAL (
       SELECT greatest(0, extract(epoch FROM contact.ended_at - contact.waiting_since) * 1000) AS ms
       ) AS wait
 WHERE contact_event.line_id = ANY ($1::text[]) AND contact_event.at >= $2
   AND contact_event.kind = 'closed'
   AND contact.disposition = 'abandoned' AND contact.lost_at IS NULL AND contact.queue IS NOT NULL
 GROUP BY 1, 2, 3, 4, 5, 6
