/** What screen readers are told: politely, when they are done; or at once, for failures. */
export const announced = $state({ polite: '', assertive: '' })

export function announce(text: string, how: 'polite' | 'assertive' = 'polite'): void {
  // The same words twice are only heard twice when the region was empty in between.
  announced[how] = ''
  setTimeout(() => (announced[how] = text), 50)
}
