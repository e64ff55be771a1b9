/** Pictures that every program shows in a text. */
const types = ['image/png', 'image/jpeg', 'image/gif', 'image/webp']
/** A larger one would make the letter hard to send. */
const largest = 25_000_000

/** Whether a file can stand in the text. */
export function isInline({ type, size }: File): boolean {
  return types.includes(type.toLowerCase()) && size <= largest
}

/** The picture in a data: address, as a file; undefined for what is none. */
export function fileOf(data: string): File | undefined {
  const match = /^data:(image\/[a-z]{3,4});base64,([a-z0-9+/=\s]+)$/i.exec(data.length > largest * 1.4 ? '' : data)
  if (!match) return undefined
  const [, type = '', base64 = ''] = match
  if (!types.includes(type.toLowerCase())) return undefined
  try {
    const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))
    return new File([bytes], `picture.${type.split('/')[1]?.toLowerCase() ?? 'png'}`, { type: type.toLowerCase() })
  } catch {
    return undefined
  }
}
