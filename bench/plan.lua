-- For wrk: sends the requests of a file one after the other, from its first line again once they are all sent.
-- A line is a header, its value and a path, parted by tabs. PLAN names the file; METHOD and BODY are those of all.
-- A single one is handed to wrk as it is, which sends it without asking here again.
local requests = {}
local method, body = os.getenv("METHOD"), os.getenv("BODY")

for line in io.lines(os.getenv("PLAN")) do
  local name, value, path = line:match("^(%S+)\t([^\t]+)\t(%S+)$")
  local headers = {[name] = value, ["Content-Type"] = "application/json"}
  requests[#requests + 1] = {path = path, headers = headers}
end

if #requests == 1 then
  wrk.method, wrk.body = method, body
  wrk.path, wrk.headers = requests[1].path, requests[1].headers
else
  for n, each in ipairs(requests) do
    requests[n] = wrk.format(method, each.path, each.headers, body)
  end
  local sent = 0
  request = function()
    sent = sent + 1
    return requests[(sent - 1) % #requests + 1]
  end
end
