import { readFileSync } from 'node:fs'

/** Domains that give out throw-away addresses, one a line. Our own list of the well-known ones; operators add theirs. */
const SHIPPED = new URL('./disposable.txt', import.meta.url)

const read = new Map<string | URL, ReadonlySet<string>>()

/**
 * Whether a domain, or one above it, gives out addresses that are thrown away. Somebody with such an address could not be
 * reached when they cannot get in.
 * @param domain  in lower-case A-labels
 * @param own  the operator's file, read once a process
 */
export function isDisposable(domain: string, own: string | undefined): boolean {
  const labels = domain.split('.')
  const suffixes = labels.map((_, i) => labels.slice(i).join('.'))
  return [SHIPPED, ...(own === undefined ? [] : [own])].some((file) => {
    const domains = domainsOf(file)
    return suffixes.some((suffix) => domains.has(suffix))
  })
}

function domainsOf(file: string | URL): ReadonlySet<string> {
  let domains = read.get(file)
  if (domains === undefined) read.set(file, (domains = parse(readFileSync(file, 'utf8'))))
  return domains
}

/** One domain a line; what follows a "#" is a remark. */
const parse = (text: string): ReadonlySet<string> =>
  new Set(text.split('\n').flatMap((line) => line.replace(/#.*/, '').trim().toLowerCase() || []))
