import { parseFlags } from '#formats/sieve'

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
