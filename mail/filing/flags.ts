/** Flags as IMAP writes them: system flags a message can be filed with, and keywords. RFC 5232 §2, RFC 9051 §2.3.2. */
const FLAG = /^(?:\\(?:seen|answered|flagged|draft|deleted)|[!#$&'+-[^-z|}~]{1,100})$/i

/** The flags in strings that have any number of them, each once. Names that are none are left out (RFC 5232 §2). */
export function parseFlags(texts: readonly string[]): string[] {
  const found = new Map<string, string>()
  for (const text of texts)
    for (const flag of text.split(/[ \t\r\n]+/)) {
      const key = flag.toLowerCase()
      if (FLAG.test(flag) && !found.has(key)) found.set(key, flag)
    }
  return [...found.values()]
}

/** RFC 5232 §3: what becomes of the flags of a variable. */
export const FLAG_CHANGES: Readonly<
  Record<string, (before: readonly string[], named: readonly string[]) => readonly string[]>
> = {
  setflag: (_before, named) => named,
  addflag: (before, named) => parseFlags([...before, ...named]),
  removeflag: (before, named) => {
    const gone = new Set(named.map((flag) => flag.toLowerCase()))
    return before.filter((flag) => !gone.has(flag.toLowerCase()))
  },
}
