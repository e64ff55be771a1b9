/**
 * What an operator such as "from:" may be called, in the four languages, without regard to case and accents. The first
 * of each is what we write ourselves in English; `search.op…` texts name it for the person.
 */
export const operatorNames = {
  from: ['from', 'von', 'de', 'van'],
  to: ['to', 'an', 'a', 'aan'],
  cc: ['cc', 'kopie', 'copie'],
  bcc: ['bcc', 'blindkopie'],
  subject: ['subject', 'betreff', 'objet', 'sujet', 'onderwerp'],
  body: ['body', 'text', 'inhalt', 'texte', 'tekst', 'inhoud'],
  filename: ['filename', 'datei', 'dateiname', 'fichier', 'bestand', 'bestandsnaam'],
  in: ['in', 'dans', 'folder', 'ordner', 'dossier', 'map'],
  label: ['label', 'schlagwort', 'etiquette', 'libelle'],
  has: ['has', 'hat', 'mit', 'avec', 'heeft', 'met'],
  is: ['is', 'ist', 'est'],
  before: ['before', 'vor', 'avant', 'voor'],
  after: ['after', 'since', 'nach', 'seit', 'apres', 'depuis', 'na', 'sinds'],
  on: ['on', 'am', 'le', 'op'],
  larger: ['larger', 'bigger', 'grosser', 'groesser', 'plus', 'groter'],
  smaller: ['smaller', 'kleiner', 'moins', 'kleiner-als'],
} as const
export type Operator = keyof typeof operatorNames

const operators = new Map<string, Operator>(
  Object.entries(operatorNames).flatMap(([operator, names]) => names.map((name) => [name, operator as Operator])),
)

export function operatorOf(name: string): Operator | undefined {
  return operators.get(plain(name))
}

/** What "is:" and "has:" can ask, and what each may be called. */
export const states = {
  unread: ['unread', 'ungelesen', 'nonlu', 'ongelezen'],
  read: ['read', 'gelesen', 'lu', 'gelezen'],
  starred: ['starred', 'stern', 'markiert', 'etoile', 'favori', 'ster'],
  answered: ['answered', 'beantwortet', 'repondu', 'beantwoord'],
  attachment: [
    'attachment',
    'attachments',
    'anlage',
    'anlagen',
    'anhang',
    'piecejointe',
    'piece',
    'bijlage',
    'bijlagen',
  ],
} as const
export type State = keyof typeof states

export function stateOf(word: string): State | undefined {
  const wanted = plain(word).replace(/[-_ ]/g, '')
  return (Object.keys(states) as State[]).find((state) => (states[state] as readonly string[]).includes(wanted))
}

/** Days that are named from today, as how many days they lie back. */
const daysBack: Record<string, number> = {
  today: 0,
  heute: 0,
  aujourdhui: 0,
  vandaag: 0,
  yesterday: 1,
  gestern: 1,
  hier: 1,
  gisteren: 1,
}

export function namedDay(word: string): number | undefined {
  return daysBack[plain(word).replace(/['’]/g, '')]
}

/** Places that are all of them: the trash and the unwanted too. */
export function isEverywhere(place: string): boolean {
  return ['all', 'alles', 'alle', 'tout', 'anywhere', 'uberall', 'partout', 'overal'].includes(plain(place))
}

/** Between two terms: one of them is enough. In capitals, so that it is not taken for a word. */
export const orWords = ['OR', 'ODER', 'OU', 'OF']

/** In lower case and without accents: "Größer" is "grosser". */
export function plain(text: string): string {
  return text.toLowerCase().replaceAll('ß', 'ss').normalize('NFKD').replace(/\p{M}/gu, '')
}
