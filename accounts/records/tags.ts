/**
 * A list of tags, as DKIM, DMARC, MTA-STS and TLS-RPT write their records: `v=…; name=value`.
 * @returns undefined when it is none, or has a tag twice (RFC 6376 §3.2)
 */
export function tagsOf(text: string): Partial<Record<string, string>> | undefined {
  const tags = new Map<string, string>()
  for (const part of text.split(';')) {
    if (part.trim() === '') continue
    const [, name, value] = /^\s*([A-Za-z][A-Za-z0-9_]*)\s*=\s*([^]*?)\s*$/.exec(part) ?? []
    if (name === undefined || value === undefined || tags.has(name)) return undefined
    tags.set(name, value)
  }
  return Object.fromEntries(tags)
}
