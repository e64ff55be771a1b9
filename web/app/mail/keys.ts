import { mailboxes, withRole } from '../data/mailboxes.ts'
import { addCommands } from '../shell/keys.svelte.ts'
import type { Command } from '../shell/keys.svelte.ts'
import { go } from '../shell/route.svelte.ts'
import { shown, undo } from '../shell/toast.svelte.ts'
import type { Mailbox } from '../jmap/types.ts'
import { archive, markNotSpam, markRead, markSpam, moveTo, remove, star } from './acts.ts'
import { snooze, wake } from './later.ts'
import type { Target } from './perform.ts'
import {
  allHave,
  anyUnread,
  clearSelection,
  currentList,
  cursor,
  isSelecting,
  moveCursor,
  open,
  openNext,
  openThread,
  selectLoaded,
  target,
  toggle,
} from './current.svelte.ts'

/** What the page gives the keys to work with. */
export interface Desk {
  /** Whether the letter has the focus, so that acts concern it and not the row of the cursor. */
  reading(): boolean
  /** Makes the row of the cursor visible and focuses the list. */
  toList(): void
  openMenu(which: ActMenu): void
}

/** The menus of the bar of acts. */
export type ActMenu = 'move' | 'label' | 'later'

/** Acts as toggles, as keys and buttons mean them; each ends a selection. */
export const acts = {
  archive: (on: Target) => leave(on, archive),
  remove: (on: Target) => leave(on, remove),
  spam: (on: Target) => leave(on, isJunk(on) ? markNotSpam : markSpam),
  unwanted: (on: Target) => leave(on, markSpam),
  wanted: (on: Target) => leave(on, markNotSpam),
  move: (on: Target, to: Mailbox) => leave(on, (one) => moveTo(one, to)),
  later: (on: Target, until: Date) => leave(on, (one) => snooze(one, until)),
  wake: (on: Target) => leave(on, wake),
  star: (on: Target) => void star(on, !allHave(on, '$flagged')),
  read: (on: Target) => {
    const unread = anyUnread(on)
    void markRead(on, unread)
    // A letter that is open would be marked as read again.
    if (!unread && on.threads.includes(openThread() ?? '')) open(undefined)
  },
}

/** Whether what is acted on can be put off: not drafts, nor what was thrown away. */
export function maySleep({ list, all }: Target): boolean {
  const { source } = list.view
  const role = source.kind === 'mailbox' ? mailboxes.get(source.id)?.role : undefined
  return !all && !['drafts', 'junk', 'trash'].includes(role ?? '')
}

function isJunk({ list }: Target): boolean {
  const { source } = list.view
  return source.kind === 'mailbox' && source.id === withRole('junk')?.id
}

/** After a letter has left, the next one is opened when the focus was in the letter, else it waits in the list. */
function leave(on: Target, act: (on: Target) => Promise<void>): void {
  const read = openThread()
  if (read !== undefined && (on.all || on.threads.includes(read))) {
    const twoPanes = matchMedia('(min-width: 47.5625rem)').matches
    const inLetter = document.activeElement?.closest('article') !== null
    if (twoPanes && inLetter && !isSelecting()) void openNext(1).then(() => openThread() === read && open(undefined))
    else open(undefined)
  }
  if (isSelecting()) clearSelection()
  void act(on)
}

/** The keys of the mail page (design: 7. Keyboard), until the returned function is called. */
export function addMailKeys(desk: Desk): () => void {
  const onTarget = (act: (on: Target) => void) => () => {
    const on = target(desk.reading())
    if (on) act(on)
  }
  const some = () => target(desk.reading()) !== undefined
  const sleeps = () => {
    const on = target(desk.reading())
    return on !== undefined && maySleep(on)
  }
  const walk = (step: 1 | -1) => () => {
    if (desk.reading() && openThread() !== undefined) void openNext(step)
    else {
      const next = currentList()?.near(cursor.position + step, step)
      if (next !== undefined) moveCursor(next)
      desk.toList()
    }
  }
  const to = (slug: string) => () =>
    go({ page: 'mail', where: { kind: 'mailbox', slug }, only: undefined, thread: undefined })

  const commands: Command[] = [
    { keys: ['j'], text: 'key.next', group: 'list', foot: true, run: walk(1) },
    { keys: ['k'], text: 'key.previous', group: 'list', foot: true, run: walk(-1) },
    {
      // Enter is the list's own, so that it keeps its meaning on links and buttons.
      keys: ['o'],
      text: 'key.open',
      group: 'list',
      run: () => {
        const row = currentList()?.rows.get(cursor.position)
        if (row) open(row.threadId)
      },
    },
    { keys: ['x'], text: 'key.select', group: 'list', foot: true, run: () => toggle(cursor.position) },
    { keys: ['*'], text: 'key.selectAll', group: 'list', run: selectLoaded },
    { keys: ['e'], text: 'key.archive', group: 'act', foot: true, when: some, run: onTarget(acts.archive) },
    { keys: ['#', 'Delete'], text: 'key.delete', group: 'act', foot: true, when: some, run: onTarget(acts.remove) },
    { keys: ['v'], text: 'act.move', group: 'act', when: some, run: () => desk.openMenu('move') },
    { keys: ['l'], text: 'act.label', group: 'act', when: some, run: () => desk.openMenu('label') },
    { keys: ['b'], text: 'act.later', group: 'act', when: sleeps, run: () => desk.openMenu('later') },
    { keys: ['s'], text: 'act.star', group: 'act', when: some, run: onTarget(acts.star) },
    { keys: ['u'], text: 'key.unread', group: 'act', foot: true, when: some, run: onTarget(acts.read) },
    { keys: ['!'], text: 'key.spam', group: 'act', when: some, run: onTarget(acts.spam) },
    { keys: ['z'], text: 'toast.undo', group: 'act', when: () => shown.toast?.undo !== undefined, run: undo },
    { keys: ['g i', 'g m'], text: 'key.inbox', group: 'go', palette: true, run: to('inbox') },
    {
      keys: ['Escape'],
      text: 'key.back',
      group: 'list',
      when: () => isSelecting() || openThread() !== undefined,
      run: () => {
        if (isSelecting()) clearSelection()
        else {
          open(undefined)
          desk.toList()
        }
      },
    },
  ]
  return addCommands(commands)
}
