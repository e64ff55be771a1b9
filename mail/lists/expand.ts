import { countListLetter, readSettings } from '#accounts'
import { encodeWords, formatDate, parseAddress } from '#formats/message'
import { readReturned } from '#mail/forwarding'
import { prepareLetter, type LetterToList, type OutgoingLetter, type PreparedLetter } from '#mail/outbound'
import type { Storage } from '#storage'
import { now, Refusal, type Config } from '#system'
import { hold } from './held.ts'
import { bounceDetail, linkTo, memberOfDetail } from './links.ts'
import { openList, type OpenList } from './list.ts'
import { noteFailure, readMembers } from './members.ts'
import { mayPost } from './post.ts'

/**
 * What becomes of a letter to a list: one to all members, or one that waits for the owner, or, for what came back from a member, a note of that.
 * @returns the letter that goes on; undefined where none does
 * @throws Refusal why it is not taken; 'tooManyAttempts' while the list has had enough letters in this hour, 'tooManyItems' while enough wait
 */
export async function expand(
  storage: Storage,
  config: Pick<Config, 'hostname' | 'lists'>,
  letter: LetterToList,
): Promise<PreparedLetter | undefined> {
  const may = await mayPost(storage, letter)
  if (may instanceof Refusal) throw may
  if (letter.list.detail !== undefined) return noteBounce(storage, letter, letter.list.detail)
  const list = await openList(storage, letter.list)
  if (may === undefined) return goOn(storage, config, list, letter)
  await hold(list, config.lists, letter)
  return undefined
}

/**
 * Makes of a letter to a list the one that goes to its members; undefined when it has none who get anything.
 * @throws Refusal 'tooManyAttempts' while the list has had enough letters in this hour
 */
export async function goOn(
  storage: Storage,
  config: Pick<Config, 'hostname' | 'lists'>,
  list: OpenList,
  letter: Pick<LetterToList, 'content' | 'name' | 'findings' | 'found' | 'isTlsRequired'>,
): Promise<PreparedLetter | undefined> {
  const members = (await readMembers(list)).filter(({ isPaused }) => isPaused !== true)
  if (members.length === 0) return undefined
  await countListLetter(storage, list.id, config.lists.maxLettersPerHour)
  const { local, domain } = parseAddress(list.address) ?? { local: '', domain: config.hostname }
  // What is said to members is said in the language of whoever keeps the list.
  const page = `https://${config.hostname}/${(await readSettings(list.account)).language}/list`
  const shared = listFields(list, config, page, local, domain)
  const recipients: OutgoingLetter['recipients'] = await Promise.all(
    members.map(async (member) => {
      const link = await linkTo(storage, 'leave', { accountId: list.account.id, recordId: member.id })
      return {
        address: member.address,
        own: {
          mailFrom: `${local}+${await bounceDetail(storage, member.id)}@${domain}`,
          // RFC 8058 §3.1.
          fields: `List-Unsubscribe: <${page}?leave=${link}>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n`,
        },
      }
    }),
  )
  return prepareLetter(storage, {
    accountId: list.account.id,
    mailFrom: list.address,
    recipients,
    content: Buffer.concat([Buffer.from(shared), withoutListFields(letter.content)]),
    name: letter.name,
    findings: letter.findings,
    found: letter.found,
    isTlsRequired: letter.isTlsRequired,
    isPassedOn: true,
    signedBy: domain,
    sealedBy: domain,
  })
}

/**
 * What the letter gets on top, the same for all: Delivered-To, by which it is known when it comes back (RFC 9228), and what programs go by
 * (RFC 2919, RFC 2369). Nothing of the author's is changed, so that their signature holds, and From stays as it is.
 */
function listFields(
  { address, name, posting }: OpenList,
  { hostname }: Pick<Config, 'hostname'>,
  page: string,
  local: string,
  domain: string,
): string {
  const fields = [
    `Delivered-To: ${address}`,
    `Received: by ${hostname}; ${formatDate(now().toISOString())}`,
    `List-Id: ${phrase(name)} <${local}.${domain}>`,
    posting === 'owner' ? 'List-Post: NO' : `List-Post: <mailto:${address}>`,
    `List-Help: <${page}>`,
    'Precedence: list',
  ]
  return fields.map((field) => `${field}\r\n`).join('')
}

/** A name as a phrase (RFC 5322 §3.2.5). */
const phrase = (name: string): string =>
  /^[\x20-\x7e]*$/.test(name)
    ? `"${name.replace(/["\\]/g, String.raw`\$&`)}"`
    : encodeWords(name).replaceAll(' ', '\r\n ')

/** Fields of other lists, and Return-Path, which whoever delivers writes: they would contradict ours. */
const FOREIGN = /^(?:List-[\w-]+|Return-Path|Precedence)[ \t]*:/i

function withoutListFields(content: Buffer): Buffer {
  const end = content.indexOf('\r\n\r\n')
  const header = content.toString('latin1', 0, end === -1 ? content.length : end + 2)
  const kept = header.split(/(?<=\r\n)(?![ \t])/).filter((field) => !FOREIGN.test(field))
  return Buffer.concat([Buffer.from(kept.join(''), 'latin1'), content.subarray(end === -1 ? content.length : end + 2)])
}

async function noteBounce(
  storage: Storage,
  { list, address, content }: LetterToList,
  detail: string,
): Promise<undefined> {
  const member = await memberOfDetail(storage, detail)
  if (member === undefined) throw new Refusal('refused', { fields: ['noNotification'] })
  const domain = parseAddress(address)?.domain ?? ''
  const returned = readReturned(content, domain)
  if (returned === undefined || returned === 'other') return undefined
  await noteFailure(await storage.openAccount(list.accountId), member)
  return undefined
}
