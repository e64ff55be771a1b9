import { changeEmails } from '../data/change.ts'
import { keywordFor } from '../data/labels.ts'
import { pointer } from '../data/patch.ts'
import { saveSettings, settings } from '../data/settings.svelte.ts'
import { go, here } from '../shell/route.svelte.ts'
import { offerUndo } from '../shell/toast.svelte.ts'
import { t } from '../shell/texts.svelte.ts'
import { allIds, failed } from './perform.ts'
import { List } from './list.svelte.ts'

/** Makes a label; gives its keyword. @throws Failure 'declined' */
export async function createLabel(name: string, color: number): Promise<string> {
  const keyword = keywordFor(name, settings.labels)
  await saveSettings({ labels: { ...settings.labels, [keyword]: { name, color } } })
  return keyword
}

/** Gives a label another name or colour; what carries it keeps it. @throws Failure 'declined' */
export async function changeLabel(keyword: string, name: string, color: number): Promise<void> {
  await saveSettings({ labels: { ...settings.labels, [keyword]: { name, color } } })
}

/** Takes a label away, from all letters too, once undoing is no longer offered. The letters stay. */
export function deleteLabel(keyword: string): void {
  const gone = settings.labels[keyword]
  if (!gone) return
  const { [keyword]: _, ...rest } = settings.labels
  const place = here()
  if (place.page === 'mail' && place.where.kind === 'label' && place.where.keyword === keyword)
    go({ page: 'mail', where: { kind: 'mailbox', slug: 'inbox' }, only: undefined, thread: undefined }, true)
  void saveSettings({ labels: rest }).catch(failed)
  offerUndo(
    t('done.labelDeleted', { name: gone.name }),
    () => void saveSettings({ labels: { ...settings.labels, [keyword]: gone } }).catch(failed),
    () => void strip(keyword).catch(failed),
  )
}

async function strip(keyword: string): Promise<void> {
  const everywhere = new List({ source: { kind: 'label', keyword }, only: undefined })
  const ids = await allIds(everywhere)
  await changeEmails(new Map(ids.map((id) => [id, { [pointer('keywords', keyword)]: null }])))
}
