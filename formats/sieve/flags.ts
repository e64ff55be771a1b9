/** RFC 9051 §9: what may be set of the flags of IMAP, and keywords, which are atoms. */
const FLAG = /^(?:\\(?:answered|flagged|deleted|seen|draft)|[!#$&'+,\-./0-9:;<=>?@A-Z[^_`a-z|}~]{1,100})$/i

/**
 * The flags of a list, of whose strings each may hold several. What is no flag, or none that can be set, is left out, and what comes
 * twice is there once, whatever its case (RFC 5232 §2).
 */
export function parseFlags(list: readonly string[]): string[] {
  const flags = new Map<string, string>()
  for (const flag of list.flatMap((text) => text.split(/[ \t\r\n]+/))) {
    if (FLAG.test(flag) && !flags.has(flag.toLowerCase())) flags.set(flag.toLowerCase(), flag)
  }
  return [...flags.values()]
}
