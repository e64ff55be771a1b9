import type { Owner } from './owners.ts'

/** Everybody who writes in the demo's letters. All are invented, and their domains are kept free for examples. */
export interface Person {
  name: string
  /** Without a domain: at the domain of this server. */
  address: string
  /** Below what they write by hand, after "-- ". */
  signature?: string
  /** What their program puts before the subject of an answer: "Re: " when not given. */
  answerPrefix?: string
  /** What their newsletters are coloured with. */
  colour?: string
  /** Newsletters and lists say how to leave them. */
  isList?: boolean
  /** Whose letters a list hands on to the demo's owners. */
  members?: readonly Owner['who'][]
}

export type Who = keyof typeof TABLE

const TABLE = {
  hanne: { name: 'Hanne Lindner', address: 'hanne', signature: 'Hanne Lindner\nChor St. Nikolaus, Eupen' },
  tom: {
    name: 'Tom Verbeeck',
    address: 'tom',
    signature: 'Tom Verbeeck\nAtelier De Rug, boekband en restauratie, Gent',
  },

  mareike: { name: 'Mareike Hollmann', address: 'mareike@chor.example.org' },
  piotr: {
    name: 'Piotr Zieliński',
    address: 'piotr.zielinski@chor.example.org',
    signature: 'Piotr Zieliński, Schriftführer',
  },
  gerda: { name: 'Gerda Pauquet', address: 'gerda@pauquet.example' },
  lukas: { name: 'Lukas Thönnissen', address: 'lukas@thoennissen.example' },
  chor: { name: 'Chor St. Nikolaus', address: 'alle@chor.example.org', isList: true, members: ['hanne'] },
  kasse: {
    name: 'Kasse, Chor St. Nikolaus',
    address: 'kasse@chor.example.org',
    signature: 'Gerda Pauquet, Kassenwartin',
  },
  kulturhaus: { name: 'Kulturhaus, Saalbuchung', address: 'saalbuchung@kulturhaus.example', answerPrefix: 'AW: ' },
  amelie: {
    name: 'Amélie Noël',
    address: 'amelie.noel@choeur.example.org',
    signature: 'Amélie Noël\nChœur des Coteaux, Liège',
  },

  lea: { name: 'Lea Brandt', address: 'lea@brandt.example' },
  oestraat: { name: 'Hausverwaltung Oestraat', address: 'verwaltung@oestraat.example', colour: '#3d5a73' },
  kessler: {
    name: 'Kessler, Ingrid',
    address: 'i.kessler@oestraat.example',
    answerPrefix: 'AW: ',
    signature: 'Ingrid Kessler\nHausverwaltung Oestraat\nSprechzeiten: Mo bis Do, 9 bis 12 Uhr',
  },
  amt: { name: 'Bevölkerungsdienst', address: 'bevoelkerungsdienst@stadt.example' },
  spedition: {
    name: 'Umzüge Lambertz',
    address: 'angebot@umzuege-lambertz.example',
    answerPrefix: 'AW: ',
    signature: 'Ihr Team von Umzüge Lambertz',
  },
  netz: { name: 'Regionetz Beispiel', address: 'termine@regionetz.example', colour: '#1f6f54' },

  buecherei: { name: 'Stadtbücherei Eupen', address: 'ausleihe@buecherei.example', colour: '#8a3b2e' },
  bahn: { name: 'Example Bahn', address: 'fahrkarten@bahn.example', colour: '#b3261e' },
  stadtwerke: { name: 'Stadtwerke Beispiel', address: 'rechnung@stadtwerke.example', colour: '#0f5c8a' },
  beispielbank: { name: 'Beispielbank', address: 'mitteilung@beispielbank.example', colour: '#22423c' },
  kasseGesund: { name: 'Gesundheitskasse Beispiel', address: 'leistungen@gesundheitskasse.example' },
  hausrat: { name: 'Beispiel Versicherungsverein', address: 'schaden@versicherungsverein.example' },
  praxis: { name: 'Zahnarztpraxis Dr. Vogt', address: 'praxis@vogt.example' },
  paket: { name: 'Paketdienst Muster', address: 'sendung@paketdienst.example', colour: '#7a5c00' },
  kopierer: { name: 'Kopierer 2. Stock', address: 'scan@buero.example' },

  papa: { name: 'Papa', address: 'konrad@lindner.example' },
  jule: { name: 'Jule Lindner', address: 'jule@lindner.example' },
  anneke: { name: 'Anneke de Wit', address: 'anneke@dewit.example' },
  wochenblatt: { name: 'Wochenblatt', address: 'redaktion@wochenblatt.example', isList: true, colour: '#20466b' },
  repaircafe: { name: 'Repair-Café', address: 'rundbrief@repaircafe.example.org', isList: true, colour: '#a14b16' },
  radverein: { name: 'Radverein Hohes Venn', address: 'post@radverein.example.org', isList: true, colour: '#2f6b3a' },

  lotte: { name: 'Lotte Peeters', address: 'lotte@derug.example' },
  joris: { name: 'Joris Claes', address: 'joris@claes.example' },
  fatima: { name: 'Fatima Benali', address: 'fatima@benali.example', signature: 'Fatima Benali' },
  archief: {
    name: 'Stadsarchief, conservatie',
    address: 'conservatie@archief.example',
    answerPrefix: 'Antw: ',
    signature: 'Dienst conservatie\nOp vrijdag gesloten',
  },
  vezel: { name: 'Papierhandel De Vezel', address: 'bestelling@devezel.example', colour: '#5d4a7a' },
  leer: { name: 'Leerlooierij Maes', address: 'info@leerlooierij-maes.example' },
  rita: { name: 'Mama', address: 'rita@verbeeck.example' },
  bram: { name: 'Bram Verbeeck', address: 'bram@verbeeck.example' },
  wijk: { name: 'Buurtcomité Papierwijk', address: 'buren@papierwijk.example.org', isList: true, members: ['tom'] },
  els: { name: 'Els Goossens', address: 'els@goossens.example' },
  stroom: { name: 'Stroomvriend', address: 'factuur@stroomvriend.example', colour: '#c46a00' },
  spoor: { name: 'Example Spoor', address: 'tickets@spoor.example', colour: '#1d3f8f' },
  bieb: { name: 'Stadsbibliotheek', address: 'uitlening@stadsbibliotheek.example', colour: '#34665c' },
  bank: { name: 'Voorbeeldbank', address: 'bericht@voorbeeldbank.example', colour: '#4b2e6b' },
  boekhouder: {
    name: 'Katrien Wouters',
    address: 'katrien@cijferwerk.example',
    signature: 'Katrien Wouters\nCijferwerk, boekhouding voor kleine ateliers',
  },
  wijkkrant: { name: 'De Wijkkrant', address: 'nieuws@wijkkrant.example.org', isList: true, colour: '#7a2338' },
  fietsers: { name: 'Fietsersclub', address: 'nieuwsbrief@fietsersclub.example.org', isList: true, colour: '#19704a' },

  claire: {
    name: 'Claire Dumont',
    address: 'claire.dumont@moulin.example',
    signature: 'Claire Dumont\nMoulin de la Roche, papiers faits main',
  },
  mathieu: { name: 'Mathieu Lefèvre', address: 'mathieu@lefevre.example' },
  impots: { name: 'Service des impôts', address: 'ne-pas-repondre@impots.example' },
  cineclub: {
    name: 'Ciné-club Le Petit Écran',
    address: 'programme@petitecran.example.org',
    isList: true,
    colour: '#5a1f5c',
  },

  youssef: { name: 'Youssef El Amrani', address: 'youssef@elamrani.example', signature: 'Youssef' },
  khadija: { name: 'خديجة العمراني', address: 'khadija@elamrani.example' },
  noa: { name: 'נועה לוי', address: 'noa@levi.example' },
  haruka: { name: '佐藤はるか', address: 'haruka@washi.example' },
  grace: { name: 'Grace Okafor', address: 'grace@bindersguild.example', signature: 'Grace Okafor\nThe Binders’ Guild' },
  priya: { name: 'Priya Raman', address: 'priya@raman.example' },
  guild: { name: 'The Binders’ Guild', address: 'letter@bindersguild.example', isList: true, colour: '#6b3a1e' },
  thread: { name: 'Paper & Thread', address: 'orders@paperandthread.example', colour: '#2d5d6b' },
  hosting: { name: 'Example Hosting', address: 'billing@hosting.example', colour: '#30475e' },
  forge: { name: 'Forge', address: 'notifications@forge.example', colour: '#24292f' },

  gewinn: { name: 'Gewinnzentrale Europa', address: 'glueck@gewinnzentrale.example', colour: '#c2185b' },
  pakje: { name: 'Pakjesdienst', address: 'levering@pakje-volgen.example', colour: '#d96b00' },
  erbe: { name: 'Barr. J. W. Sample', address: 'barrister@inheritance.example' },
  seo: { name: 'Kevin from Rankings', address: 'kevin@first-page.example' },
} as const satisfies Record<string, Person>

export const isWho = (name: string): name is Who => Object.hasOwn(TABLE, name)

export function person(who: Who): Person {
  return TABLE[who]
}

/** Their address; the demo's owners live at `host`. */
export const addressOf = (who: Who, host: string): string => {
  const { address } = person(who)
  return address.includes('@') ? address : `${address}@${host}`
}
