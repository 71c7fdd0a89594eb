-- Figures, from events.

-- name: levels
-- What became of the contacts that came to wait for a level in [$2, $3). $1 line id, $4 early ms.
-- Events of an older version say no level: it knew one. Whoever was placed waits since they
-- arrived, the menu included; whoever came from the other level since then.
WITH entered AS (
    SELECT contact_id, at, event_id, kind, coalesce(detail ->> 'level', 'ecoute') AS level
      FROM contact_event
     WHERE line_id = $1 AND at >= $2 AND at < $3
       AND (kind = 'queued' OR kind IN ('handed_over', 'moved', 'taken_in')
                               AND detail ->> 'level' <> detail ->> 'from_level')
), became AS (
    SELECT entered.level, contact.channel, contact.state, contact.disposition, contact.lost_at,
           next.at AS left_at, answered.at AS answered_at,
           greatest(0, extract(epoch FROM answered.at - since.at) * 1000)::bigint AS waited_ms,
           extract(epoch FROM contact.ended_at - since.at) * 1000 AS gone_ms
      FROM entered
      JOIN contact USING (contact_id)
     CROSS JOIN LATERAL (
           SELECT CASE entered.kind WHEN 'queued' THEN contact.arrived_at ELSE entered.at END AS at
           ) AS since
      LEFT JOIN LATERAL (
           SELECT at, event_id FROM contact_event AS later
            WHERE later.contact_id = entered.contact_id
              AND (later.at, later.event_id) > (entered.at, entered.event_id)
              AND later.kind IN ('handed_over', 'moved', 'taken_in')
              AND later.detail ->> 'level' <> later.detail ->> 'from_level'
            ORDER BY at, event_id LIMIT 1) AS next ON true
      LEFT JOIN LATERAL (
           SELECT at FROM contact_event AS talk
            WHERE talk.contact_id = entered.contact_id AND talk.kind = 'connected'
              AND (talk.at, talk.event_id) > (entered.at, entered.event_id)
              AND (next.event_id IS NULL OR (talk.at, talk.event_id) < (next.at, next.event_id))
            ORDER BY at, event_id LIMIT 1) AS answered ON true
), judged AS (
    SELECT level, channel, disposition, left_at, answered_at, waited_ms, gone_ms,
           lost_at IS NOT NULL AS is_lost,
           answered_at IS NULL AND left_at IS NULL AND state = 'closed' AS gone
      FROM became
)
SELECT level, channel,
       count(*)::int AS presented,
       count(answered_at)::int AS answered,
       count(*) FILTER (WHERE gone AND disposition = 'abandoned' AND NOT is_lost
                          AND gone_ms >= $4::bigint)::int AS abandoned,
       count(*) FILTER (WHERE gone AND disposition = 'abandoned' AND NOT is_lost
                          AND gone_ms < $4::bigint)::int AS abandoned_early,
       count(*) FILTER (WHERE gone AND disposition = 'abandoned' AND is_lost)::int AS lost,
       count(*) FILTER (WHERE gone AND disposition <> 'abandoned')::int AS turned_away,
       count(*) FILTER (WHERE answered_at IS NULL AND left_at IS NOT NULL)::int AS moved_on,
       count(*) FILTER (WHERE answered_at IS NULL AND left_at IS NULL AND NOT gone)::int AS waiting,
       coalesce(sum(waited_ms), 0)::bigint AS waited_ms,
       coalesce(max(waited_ms), 0)::bigint AS longest_ms
  FROM judged
 GROUP BY level, channel
 ORDER BY level, channel
