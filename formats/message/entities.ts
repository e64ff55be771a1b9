/**
 * The character references of HTML 4 (§24), which are the ones that mail uses, as "name code" or, where the names follow
 * each other by code, as a run that begins with its first code.
 */
const RUNS: readonly (readonly [first: number, names: string])[] = [
  [
    160,
    `nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro
    para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil
    Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave
    Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml
    igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute
    thorn yuml`,
  ],
  [913, 'Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho'],
  [931, 'Sigma Tau Upsilon Phi Chi Psi Omega'],
  [945, 'alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigmaf sigma'],
  [964, 'tau upsilon phi chi psi omega thetasym upsih'],
  [8592, 'larr uarr rarr darr harr'],
  [8656, 'lArr uArr rArr dArr hArr'],
  [8968, 'lceil rceil lfloor rfloor'],
]

const SINGLES = `quot 34 amp 38 apos 39 lt 60 gt 62 OElig 338 oelig 339 Scaron 352 scaron 353 Yuml 376 fnof 402 circ 710
  tilde 732 piv 982 ensp 8194 emsp 8195 thinsp 8201 zwnj 8204 zwj 8205 lrm 8206 rlm 8207 ndash 8211 mdash 8212 lsquo 8216
  rsquo 8217 sbquo 8218 ldquo 8220 rdquo 8221 bdquo 8222 dagger 8224 Dagger 8225 bull 8226 hellip 8230 permil 8240
  prime 8242 Prime 8243 lsaquo 8249 rsaquo 8250 oline 8254 frasl 8260 euro 8364 image 8465 weierp 8472 real 8476
  trade 8482 alefsym 8501 crarr 8629 forall 8704 part 8706 exist 8707 empty 8709 nabla 8711 isin 8712 notin 8713 ni 8715
  prod 8719 sum 8721 minus 8722 lowast 8727 radic 8730 prop 8733 infin 8734 ang 8736 and 8743 or 8744 cap 8745 cup 8746
  int 8747 there4 8756 sim 8764 cong 8773 asymp 8776 ne 8800 equiv 8801 le 8804 ge 8805 sub 8834 sup 8835 nsub 8836
  sube 8838 supe 8839 oplus 8853 otimes 8855 perp 8869 sdot 8901 lang 9001 rang 9002 loz 9674 spades 9824 clubs 9827
  hearts 9829 diams 9830`

const CODES = new Map<string, number>()
for (const [first, names] of RUNS) names.split(/\s+/).forEach((name, index) => CODES.set(name, first + index))
for (const [, name, code] of SINGLES.matchAll(/(\w+) (\d+)/g)) CODES.set(name!, Number(code))

// Codes 128 to 159 are read as Windows-1252, as browsers do (HTML §13.2.5.80).
const WINDOWS_1252 = new TextDecoder('windows-1252')

const REFERENCE = /&(?:#(?:[xX]([0-9a-fA-F]{1,8})|(\d{1,8}))|([A-Za-z][A-Za-z0-9]{1,8}));?/g

/** Character references as characters; what is none stays. */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(REFERENCE, (whole, hex?: string, decimal?: string, name?: string) => {
    const code = name === undefined ? Number.parseInt(hex ?? decimal!, hex ? 16 : 10) : CODES.get(name)
    if (code === undefined) return whole
    if (code >= 128 && code < 160) return WINDOWS_1252.decode(Uint8Array.of(code))
    const isText = code !== 0 && code <= 0x10_ff_ff && !(code >= 0xd8_00 && code < 0xe0_00)
    return isText ? String.fromCodePoint(code) : '\ufffd'
  })
}
