import { everyItem, listFolders, type Folder } from '#items'
import { MAIL, readSummary, toKeywords, type Summary } from '#mail'
import { fileName, openNames } from '#formats/zip'
import type { BlobRef, OpenAccount } from '#storage'
import type { HeldTexts } from '../texts.ts'

/** A letter as the file has it. */
export interface FiledLetter {
  /** Where in the archive it stands. */
  file: string
  folders: string[]
  keywords: string[]
  receivedAt: Date
  deletedAt: Date | undefined
  size: number
  summary: Summary
  content: BlobRef
}

/** Where the letters of an account stand in the archive. */
export interface Shelves {
  /** The path of each folder. */
  folders: ReadonlyMap<number, string>
  texts: HeldTexts['file']
}

/** Folders keep their order and their names, as far as file systems take them. Those with a role are called as their owner sees them. */
export async function openShelves(account: OpenAccount, texts: HeldTexts['file']): Promise<Shelves> {
  const all = await listFolders(account, MAIL)
  const byParent = Map.groupBy(all, ({ parentId }) => parentId)
  const folders = new Map<number, string>()
  const roles: Readonly<Record<string, string>> = texts.roles
  const nameOf = ({ role, name }: Folder): string => (role === undefined ? name : (roles[role] ?? name))
  const place = (parentId: number, path: string): void => {
    const name = openNames()
    const children = (byParent.get(parentId) ?? []).toSorted((a, b) => a.sortOrder - b.sortOrder || a.id - b.id)
    for (const folder of children) {
      const own = `${path}${name(nameOf(folder))}`
      folders.set(folder.id, own)
      // Depth is bounded where folders are made.
      place(folder.id, `${own}/`)
    }
  }
  place(0, '')
  return { folders, texts }
}

/** All letters, in pages: those that are there, or those that are deleted. */
export async function* walkLetters(
  account: OpenAccount,
  { folders, texts }: Shelves,
  which: (letter: { deletedAt: Date | undefined }) => boolean,
): AsyncGenerator<FiledLetter[]> {
  for await (const page of everyItem(account, MAIL))
    yield page.filter(which).map(({ id, folders: placed, flags, keywords, receivedAt, deletedAt, size, summary }) => {
      const opened = readSummary(summary)
      const paths = placed.flatMap((folder) => folders.get(folder) ?? []).toSorted()
      const shelf =
        deletedAt === undefined
          ? `${fileName(texts.lettersFolder)}/${paths[0] ?? fileName(texts.unfiled)}`
          : fileName(texts.deletedFolder)
      return {
        file: `${shelf}/${letterName(receivedAt, opened.subject, id, texts)}`,
        folders: paths,
        keywords: toKeywords(flags, keywords),
        receivedAt,
        deletedAt,
        size,
        summary: opened,
        content: opened.blob,
      }
    })
}

/** `2026-11-29 Apfelernte (m1k2).eml`: the number keeps letters of one subject apart. */
export function letterName(
  time: Date,
  subject: string | null | undefined,
  id: number,
  texts: HeldTexts['file'],
): string {
  const short = Array.from(subject ?? '')
    .slice(0, 60)
    .join('')
  return (
    fileName(`${time.toISOString().slice(0, 10)} ${fileName(short, texts.noSubject)}`) + ` (${id.toString(36)}).eml`
  )
}

/** What is told of a letter beside its content. */
export function letterEntry({ file, folders, keywords, receivedAt, deletedAt, size, summary }: FiledLetter): object {
  const { from, to, cc, bcc, subject, messageId, sentAt, preview, deliveredTo, verdict } = summary
  return {
    file,
    subject: subject ?? null,
    from,
    to,
    cc,
    bcc,
    sentAt,
    receivedAt,
    ...(deletedAt === undefined ? {} : { deletedAt }),
    folders,
    keywords,
    size,
    messageId,
    preview,
    deliveredTo,
    verdict,
  }
}
