import { normalizeAddress } from '#formats/message'
import type { Finding } from '#mail/findings'
import type { Letter } from '../check.ts'

const ADDRESS = /[^\s<>()",;:@]{1,64}@[^\s<>()",;:@]{3,255}/

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1).toLowerCase()

/** Whether a domain is the other or lies within it. */
const isWithin = (one: string, other: string): boolean => one === other || one.endsWith(`.${other}`)

const areRelated = (one: string, other: string): boolean => isWithin(one, other) || isWithin(other, one)

/** Whom a letter names as its author, and where its answers would go. */
export function checkPeople({ head, has }: Letter): Finding[] {
  const [author] = head.from ?? []
  if (author === undefined || normalizeAddress(author.email) === undefined) return []
  const domain = domainOf(author.email)
  const found: Finding[] = []
  const [shown] = ADDRESS.exec(author.name ?? '') ?? []
  if (shown !== undefined && !areRelated(domainOf(shown), domain))
    found.push({ name: 'nameShowsOtherAddress', values: { shown, address: author.email } })
  const [answer] = head.replyTo ?? []
  // Lists have answers go to themselves.
  if (answer !== undefined && !has('List-Id') && !areRelated(domainOf(answer.email), domain))
    found.push({ name: 'replyToElsewhere', values: { address: answer.email } })
  return found
}
