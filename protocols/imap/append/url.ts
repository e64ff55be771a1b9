import { findPlaced } from '#items'
import { expandStructure, MAIL, openMessages, streamMessage } from '#mail'
import { Refusal } from '#system'
import { readSection, type Section } from '../fetch/attributes.ts'
import { chosenFields, spanOf } from '../fetch/section.ts'
import { BadCommand } from '../input/bad-command.ts'
import { Input } from '../input/input.ts'
import { findMailbox, normalPath } from '../mailboxes/paths.ts'
import { Declined } from '../reply.ts'
import type { Session } from '../session.ts'

/** What a URL names within the account. */
interface Named {
  /** Undefined: in the selected mailbox. */
  path: string | undefined
  uidValidity: number | undefined
  uid: number
  section: Section
  offset: number
  length: number
}

// RFC 5092 §11, without a server: imailbox-ref iuid [isection] [ipartial], or iuid-only and what follows it.
const FORM =
  /^(?:\/([^;?#]+)(?:;UIDVALIDITY=(\d{1,10}))?\/)?;UID=(\d{1,10})(?:\/;SECTION=([^;?#]+?))?(?:\/;PARTIAL=(\d{1,10})(?:\.(\d{1,10}))?)?$/i

/**
 * The bytes of a message or of a part of it that a URL names: as FETCH would give them, and without marking it as seen.
 * RFC 4469 §3.
 * @param take  asked for the number of bytes before they are read; throws when that is too much
 * @throws Declined BADURL
 */
export async function bytesOfUrl(session: Session, url: string, take: (bytes: number) => void): Promise<Buffer> {
  const bytes = await find(session, url, take).catch((error: unknown) => {
    if (error instanceof Refusal && error.reason === 'notFound') return undefined
    throw error
  })
  if (bytes === undefined) throw new Declined('There is nothing at a URL', `BADURL ${shown(url)}`)
  return bytes
}

async function find(session: Session, url: string, take: (bytes: number) => void): Promise<Buffer | undefined> {
  const named = parse(url)
  if (named === undefined) return undefined
  const { account } = session
  const folder = await folderOf(session, named)
  const itemId = folder && (await findPlaced(account, MAIL, folder, named.uid))
  const [opened] = itemId === undefined ? [] : await openMessages(account, [itemId], { contents: true })
  if (opened === undefined) return undefined
  const { blob, structure } = opened.summary
  const span = spanOf(expandStructure(structure), blob.size, named.section)
  if (span === undefined) return undefined
  const [start, end] = span
  take(end - start)
  const whole =
    opened.content?.subarray(start, end) ??
    Buffer.concat(await Array.fromAsync(streamMessage(account, blob, start, end)))
  const isChosen = named.section.what === 'fields' || named.section.what === 'fieldsNot'
  const bytes = isChosen ? chosenFields(whole.toString('latin1'), named.section) : whole
  return bytes.subarray(named.offset, named.offset + named.length)
}

async function folderOf(session: Session, { path, uidValidity }: Named): Promise<number | undefined> {
  if (path === undefined) return session.selected?.view.folderId
  const mailbox = await findMailbox(session.account, path).catch((error: unknown) => {
    if (error instanceof Declined) return undefined
    throw error
  })
  return uidValidity === undefined || mailbox?.uidValidity === uidValidity ? mailbox?.id : undefined
}

function parse(url: string): Named | undefined {
  const [, mailbox, uidValidity, uid, section = '', offset = '0', length] = FORM.exec(url) ?? []
  if (uid === undefined) return undefined
  try {
    // enc-section is section-spec, in percent-encoding.
    const input = new Input([`[${decodeURIComponent(section)}]`])
    const named = {
      path: mailbox === undefined ? undefined : normalPath(decodeURIComponent(mailbox), true),
      uidValidity: uidValidity === undefined ? undefined : Number(uidValidity),
      uid: Number(uid),
      section: readSection(input),
      offset: Number(offset),
      length: length === undefined ? Infinity : Number(length),
    }
    return input.isAtEnd ? named : undefined
  } catch (error) {
    if (error instanceof BadCommand || error instanceof URIError) return undefined
    throw error
  }
}

/** url-resp-text: no "]" and no control characters. RFC 4469 §5. */
const shown = (url: string): string => url.replace(/[^\x20-\x5c\x5e-\x7e]/gu, encodeURIComponent)
