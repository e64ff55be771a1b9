import type { Settings } from '#accounts'

/** One of the two people whose accounts the demo fills. */
export interface Owner {
  who: 'hanne' | 'tom'
  language: Settings['language']
  labels: Settings['labels']
}

/** Their own folders are those that letters are filed in (`in:` in the letters' files). */
export const OWNERS: readonly Owner[] = [
  {
    who: 'hanne',
    language: 'de',
    labels: {
      chor: { name: 'Chor', color: 4 },
      umzug: { name: 'Umzug', color: 1 },
      rechnungen: { name: 'Rechnungen', color: 3 },
      familie: { name: 'Familie', color: 2 },
      versicherungsangelegenheiten: { name: 'Versicherungsangelegenheiten', color: 5 },
    },
  },
  {
    who: 'tom',
    language: 'nl',
    labels: {
      atelier: { name: 'Atelier', color: 6 },
      workshop: { name: 'Workshop', color: 4 },
      facturen: { name: 'Facturen', color: 3 },
      familie: { name: 'Familie', color: 2 },
    },
  },
]
