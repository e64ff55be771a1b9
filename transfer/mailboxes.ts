import { DEEPEST, listFolders, NAME_BYTES } from '#items'
import { createMailbox, MAIL } from '#mail'
import type { OpenAccount } from '#storage'
import { Refusal } from '#system'

/** Names from the top; none for the inbox. */
export type Path = readonly string[]

/** What mail programs and providers call the mailboxes that everybody has, in lower case. */
const ROLES: Readonly<Record<string, readonly string[]>> = {
  inbox: ['inbox', 'posteingang', 'boîte de réception', 'postvak in'],
  drafts: ['drafts', 'draft', 'entwürfe', 'entwurf', 'brouillons', 'brouillon', 'concepten', 'concept'],
  sent: [
    'sent',
    'sent items',
    'sent messages',
    'sent mail',
    'gesendet',
    'gesendete objekte',
    'gesendete elemente',
    'envoyés',
    'messages envoyés',
    'éléments envoyés',
    'verzonden',
    'verzonden items',
  ],
  archive: ['archive', 'archives', 'archiv', 'archief'],
  junk: ['junk', 'junk e-mail', 'junk email', 'spam', 'courrier indésirable', 'indésirables', 'ongewenste e-mail'],
  trash: [
    'trash',
    'deleted items',
    'deleted messages',
    'papierkorb',
    'gelöschte elemente',
    'corbeille',
    'éléments supprimés',
    'prullenbak',
    'verwijderde items',
  ],
}

const ROLE_OF = new Map(Object.entries(ROLES).flatMap(([role, names]) => names.map((name) => [name, role] as const)))

export const roleOfName = (name: string): string | undefined => ROLE_OF.get(name.normalize('NFC').toLowerCase())

/** Finds mailboxes by their paths, and makes those that are missing. */
export interface MailboxPaths {
  /** @throws Refusal 'tooManyItems' when there are too many of them; 'notFound' for a closed account */
  idOf(path: Path): Promise<number>
  idOfRole(role: string): Promise<number>
}

export async function openMailboxPaths(account: OpenAccount): Promise<MailboxPaths> {
  let known = await read(account)

  const childOf = async (parentId: number, name: string): Promise<number> => {
    const found = known.children.get(keyOf(parentId, name))
    if (found !== undefined) return found
    try {
      return await account.write((tx) => createMailbox(tx, { name, parentId }))
    } catch (error) {
      // Somebody may have made it since.
      known = await read(account)
      const made = known.children.get(keyOf(parentId, name))
      if (made === undefined) throw error
      return made
    }
  }

  const remembered = async (parentId: number, name: string): Promise<number> => {
    const id = await childOf(parentId, name)
    known.children.set(keyOf(parentId, name), id)
    return id
  }

  const idOfRole = async (role: string): Promise<number> => {
    const found = known.roles.get(role)
    if (found !== undefined) return found
    const id = await remembered(0, `${role.slice(0, 1).toUpperCase()}${role.slice(1)}`)
    known.roles.set(role, id)
    return id
  }

  return {
    idOfRole,
    async idOf(path) {
      const [first, ...rest] = path.map(storableName)
      if (first === undefined) return idOfRole('inbox')
      const role = known.children.has(keyOf(0, first)) ? undefined : roleOfName(first)
      let id = role === undefined ? await remembered(0, first) : await idOfRole(role)
      // What would lie too deep goes into the deepest that there may be.
      for (const name of rest.slice(0, DEEPEST - 1)) id = await remembered(id, name)
      return id
    },
  }
}

interface Known {
  /** By parent and name. */
  children: Map<string, number>
  roles: Map<string, number>
}

async function read(account: OpenAccount): Promise<Known> {
  const folders = await listFolders(account, MAIL)
  return {
    children: new Map(folders.map(({ id, parentId, name }) => [keyOf(parentId, name), id])),
    roles: new Map(folders.flatMap(({ id, role }) => (role === undefined ? [] : [[role, id] as const]))),
  }
}

const keyOf = (parentId: number, name: string): string => `${parentId}/${name}`

/** A name that a folder may have. */
export function storableName(name: string): string {
  let kept = ''
  for (const character of name
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\u2028\u2029]/gu, '')) {
    if (Buffer.byteLength(kept) + Buffer.byteLength(character) > NAME_BYTES) break
    kept += character
  }
  return kept.trim() === '' ? '_' : kept
}

/** The names of a mailbox from the top; none when it is not there. */
export async function pathOfMailbox(account: OpenAccount, id: number): Promise<string[]> {
  const folders = new Map((await listFolders(account, MAIL)).map((folder) => [folder.id, folder]))
  const path: string[] = []
  for (let at = id; at !== 0; at = folders.get(at)?.parentId ?? 0) {
    const folder = folders.get(at)
    if (folder === undefined) return []
    path.unshift(folder.name)
  }
  return path
}

/** The mailbox at the end of a path, as a program or a person names it. @throws Refusal 'notFound' */
export async function findMailboxAt(account: OpenAccount, path: Path): Promise<number> {
  const folders = await listFolders(account, MAIL)
  let id = 0
  for (const name of path) {
    const isInbox = id === 0 && name.toLowerCase() === 'inbox'
    const found = folders.find(
      (folder) =>
        folder.parentId === id && (folder.name === name.normalize('NFC') || (isInbox && folder.role === 'inbox')),
    )
    if (found === undefined) throw new Refusal('notFound', { fields: ['folder'] })
    id = found.id
  }
  return id
}
