/** Words that stand in letters of the tests and nowhere else in the world: where one turns up, content has got out. */

/** In the letter of privacy.test.ts, its envelope and its attachment, and in what is done with it. */
export const SECRETS = [
  'quittenmarmelade',
  'Zwetschgenkuchen',
  'wortimanhang',
  'Hollmannsdorf',
  'mareike-geheim',
  'empfaenger-geheim',
  'ordnergeheim',
  'schlagwortgeheim',
  'absenderhost-geheim',
  'handygeheim',
]

/** In subjects, texts and names that many tests use. */
export const USUAL = [
  'Tulips',
  'Red ones',
  'Lampion',
  'Dahlias',
  'Bea Brandt',
  'Geheimwort',
  'Rübenkuchen',
  'a long enough password',
]

/** A word as it could stand somewhere: as it is, in small letters, in two bytes a letter, in hexadecimal and in base64. */
export const formsOf = (word: string): Buffer[] => [
  Buffer.from(word),
  Buffer.from(word.toLowerCase()),
  Buffer.from(word, 'utf16le'),
  Buffer.from(Buffer.from(word).toString('hex')),
  Buffer.from(Buffer.from(word).toString('base64').slice(0, -4)),
]
