/** The pages of the settings, in the order in which they stand, under the heading of their group. */
export const sections = [
  { name: 'general', group: 'account', icon: 'sliders-horizontal' },
  { name: 'security', group: 'account', icon: 'shield-check' },
  { name: 'programs', group: 'account', icon: 'smartphone' },
  { name: 'addresses', group: 'account', icon: 'at-sign' },
  { name: 'domains', group: 'account', icon: 'globe' },
  { name: 'lists', group: 'account', icon: 'users' },
  { name: 'transfer', group: 'account', icon: 'file-archive' },
  { name: 'support', group: 'account', icon: 'circle-help' },
  { name: 'held', group: 'stays', icon: 'archive' },
  { name: 'journal', group: 'stays', icon: 'list' },
  { name: 'accesses', group: 'stays', icon: 'eye' },
  { name: 'canary', group: 'stays', icon: 'seal' },
  { name: 'closing', group: 'stays', icon: 'lock' },
  { name: 'reading', group: 'work', icon: 'mail-open' },
  { name: 'writing', group: 'work', icon: 'pen-line' },
  { name: 'rules', group: 'work', icon: 'list-filter' },
  { name: 'notifications', group: 'work', icon: 'bell' },
] as const

export type Section = (typeof sections)[number]['name']

/** Parts of pages that have an address of their own, and the page each stands on. */
export const parts = { vacation: 'rules' } as const satisfies Record<string, Section>

export type Part = keyof typeof parts
