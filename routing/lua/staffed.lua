-- uses: clock lanes
-- Say whether any listener present serves one of these lanes, on a call or not.
--
-- KEYS: {pool}:meta. ARGV: from 2 on, lanes, those of help-out (`<lane>!ms`) among them.
-- Returns 1 or 0.
for i = 2, #ARGV do
  if Lanes.staff(ARGV[i]) > 0 then
    return 1
  end
end
return 0
