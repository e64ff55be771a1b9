import { parse } from 'tldts'
import { Refusal, type Config } from '#system'
import { normalizeDomain } from '../directory/normalize.ts'

/** Names that nobody can have: those of special use (the registry of RFC 6761 §4), and what networks at home call themselves. */
const RESERVED = new Set(['alt', 'arpa', 'internal', 'invalid', 'lan', 'local', 'localhost', 'onion'])

/**
 * The name of a domain that somebody asks for, as it is kept.
 * @throws Refusal 'invalid' with the field `domain`, `domain.suffix` for one under which others register theirs, or `domain.reserved`
 */
export function ownDomainName(typed: string, { hostname, names }: Pick<Config, 'hostname' | 'names'>): string {
  const name = normalizeDomain(typed.trim().replace(/\.$/, ''))
  if (name === undefined) throw new Refusal('invalid', { fields: ['domain'] })
  const ours = [hostname, ...names].map((one) => one.toLowerCase())
  const isOurs = ours.some((one) => name === one || name.endsWith(`.${one}`))
  if (isOurs || RESERVED.has(name.split('.').at(-1) as string))
    throw new Refusal('invalid', { fields: ['domain.reserved'] })
  // The list of public suffixes knows `co.uk` and `github.io`; of other names the last label is one.
  if (parse(name, { allowPrivateDomains: true }).domain === null)
    throw new Refusal('invalid', { fields: ['domain.suffix'] })
  return name
}
