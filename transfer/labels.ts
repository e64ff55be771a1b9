import { roleOfName, type Path } from './mailboxes.ts'

/** What Gmail's labels say of a letter: where it lies, and its marks. */
export interface Labelled {
  paths: Path[]
  keywords: string[]
}

/** Labels that are marks, and those that say nothing, as an export has them in its reader's language; in lower case. */
const STARRED = new Set(['starred', 'markiert', 'suivis', 'messages suivis', 'met ster'])
const UNREAD = new Set(['unread', 'ungelesen', 'non lus', 'ongelezen'])
const IMPORTANT = new Set(['important', 'wichtig', 'importants', 'belangrijk'])
const OPENED = ['opened', 'geöffnet', 'ouverts', 'ouvert', 'geopend']
const ARCHIVED = ['archived', 'archiviert', 'archivés', 'archivé', 'gearchiveerd']
const ASIDE = ['chat', 'snoozed', 'zurückgestellt', 'en attente', 'gesnoozed']
const IGNORED = new Set([OPENED, ARCHIVED, ASIDE].flat())
const CATEGORY = /^(?:category|kategorie|catégorie|categorie)[ \u00a0:]/i

/** A letter is in a mailbox for each label, or in the archive, as Gmail shows it. Without the label for unread it was read. */
export function readLabels(labels: readonly string[]): Labelled {
  const names = labels.map((label) => label.normalize('NFC').toLowerCase())
  const has = (set: ReadonlySet<string>): boolean => names.some((name) => set.has(name))
  const isFolder = (name: string): boolean =>
    ![STARRED, UNREAD, IMPORTANT, IGNORED].some((set) => set.has(name)) && !CATEGORY.test(name)
  const folders = labels.filter((_, i) => isFolder(names[i] as string))
  const paths = folders.map((label) =>
    roleOfName(label) === 'inbox' ? [] : label.split('/').filter((part) => part !== ''),
  )
  const isDraft = folders.some((label) => roleOfName(label) === 'drafts')
  const keywords = [
    ...(has(UNREAD) ? [] : ['$seen']),
    ...(has(STARRED) ? ['$flagged'] : []),
    ...(has(IMPORTANT) ? ['$important'] : []),
    ...(isDraft ? ['$draft'] : []),
  ]
  return { paths: paths.length === 0 ? [['Archive']] : paths, keywords }
}

/** Gmail's own labels as its IMAP has them, in lower case: where a letter lies, or a mark. What else begins so says nothing here. */
const OWN: Readonly<Record<string, Partial<{ path: Path; keyword: string }>>> = {
  '\\inbox': { path: [] },
  '\\sent': { path: ['Sent'] },
  '\\draft': { path: ['Drafts'], keyword: '$draft' },
  '\\drafts': { path: ['Drafts'], keyword: '$draft' },
  '\\starred': { keyword: '$flagged' },
  '\\important': { keyword: '$important' },
}

/** The same of X-GM-LABELS (Gmail's X-GM-EXT-1), where whether a letter was read is a flag and no label. */
export function readImapLabels(labels: readonly string[]): Labelled {
  const isOwn = (label: string): boolean => label.startsWith('\\')
  const own = labels.filter(isOwn).map((label) => OWN[label.toLowerCase()] ?? {})
  const folders = labels
    .filter((label) => !isOwn(label))
    .map((label) => label.split('/').filter((part) => part !== ''))
    .filter((path) => path.length > 0)
  const paths = [...own.flatMap(({ path }) => (path === undefined ? [] : [path])), ...folders]
  return {
    paths: paths.length === 0 ? [['Archive']] : paths,
    keywords: own.flatMap(({ keyword }) => keyword ?? []),
  }
}

/** Whether these say that somebody still writes it. */
export const isDraft = (labels: readonly string[]): boolean =>
  labels.some((label) => OWN[label.toLowerCase()]?.keyword === '$draft')
