/** More than any record of the DNS that asks for reports has. */
const MOST_TAGS = 32

/**
 * The tags of a record such as `v=TLSRPTv1; rua=mailto:reports@example.org` (RFC 8460 §3, RFC 9989 §4.8), names in lower case; of a tag that
 * comes twice the first. Undefined when it does not begin with that version.
 */
export function parseTags(record: string, version: string): ReadonlyMap<string, string> | undefined {
  const tags = record
    .split(';', MOST_TAGS)
    .map((tag) => /^\s*(\w+)\s*=\s*(.*?)\s*$/s.exec(tag))
    .filter((found) => found !== null)
  if (tags[0]?.[1] !== 'v' || tags[0][2] !== version) return undefined
  const map = new Map<string, string>()
  for (const [, name = '', value = ''] of tags) if (!map.has(name.toLowerCase())) map.set(name.toLowerCase(), value)
  return map
}
