import type { Fate, Story } from '../jmap/types.ts'

/** How each fate looks, and under which word a filter finds it. */
export const fates: Record<Fate, { icon: string; look: '' | 'ask' | 'bad'; way: Story['way']; word: FateWord }> = {
  held: { icon: 'hourglass', look: 'ask', way: 'in', word: 'held' },
  inbox: { icon: 'inbox', look: '', way: 'in', word: 'inbox' },
  released: { icon: 'inbox', look: '', way: 'in', word: 'inbox' },
  junk: { icon: 'octagon-alert', look: '', way: 'in', word: 'junk' },
  refused: { icon: 'ban', look: 'bad', way: 'in', word: 'refused' },
  deferred: { icon: 'refresh-cw', look: '', way: 'in', word: 'deferred' },
  discarded: { icon: 'trash-2', look: '', way: 'in', word: 'discarded' },
  dropped: { icon: 'trash-2', look: '', way: 'in', word: 'dropped' },
  passedOn: { icon: 'forward', look: '', way: 'in', word: 'passedOn' },
  queued: { icon: 'clock', look: '', way: 'out', word: 'queued' },
  delivered: { icon: 'send', look: '', way: 'out', word: 'delivered' },
  returned: { icon: 'undo-2', look: 'bad', way: 'out', word: 'returned' },
  partly: { icon: 'circle-alert', look: 'bad', way: 'out', word: 'partly' },
  withdrawn: { icon: 'x', look: '', way: 'out', word: 'withdrawn' },
}

/** What became of letters, as a person tells it apart. */
export const fateWords = [
  'held',
  'inbox',
  'junk',
  'refused',
  'deferred',
  'discarded',
  'dropped',
  'passedOn',
  'queued',
  'delivered',
  'returned',
  'partly',
  'withdrawn',
] as const
export type FateWord = (typeof fateWords)[number]

export const fatesOf = (word: FateWord): Fate[] =>
  (Object.keys(fates) as Fate[]).filter((fate) => fates[fate].word === word)
