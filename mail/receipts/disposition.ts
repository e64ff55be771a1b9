/** What became of a message, and who has said so. RFC 8098 §3.2.6, in lower case as RFC 9007 §2 has it. */
export interface Disposition {
  actionMode: 'manual-action' | 'automatic-action'
  sendingMode: 'mdn-sent-manually' | 'mdn-sent-automatically'
  type: (typeof DISPOSITION_TYPES)[number]
}

export const DISPOSITION_TYPES = ['deleted', 'dispatched', 'displayed', 'processed'] as const

const isType = (word: string | undefined): word is Disposition['type'] =>
  DISPOSITION_TYPES.some((type) => type === word)

/** Reads "manual-action/MDN-sent-manually; displayed/error". */
export function parseDisposition(text: string): (Disposition & { isError: boolean }) | undefined {
  const [, action, sending, type, modifiers = ''] =
    /^\s*([\w-]+)\s*\/\s*([\w-]+)\s*;\s*([\w-]+)\s*(?:\/([\w\s,-]*))?$/.exec(text.toLowerCase()) ?? []
  if (action !== 'manual-action' && action !== 'automatic-action') return undefined
  if (sending !== 'mdn-sent-manually' && sending !== 'mdn-sent-automatically') return undefined
  if (!isType(type)) return undefined
  return { actionMode: action, sendingMode: sending, type, isError: /(?:^|[\s,])error(?:$|[\s,])/.test(modifiers) }
}

export const writeDisposition = ({ actionMode, sendingMode, type }: Disposition): string =>
  `${actionMode}/${sendingMode.replace('mdn', 'MDN')}; ${type}`
