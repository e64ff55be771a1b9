import { language } from '../shell/texts.svelte.ts'

/** The name of a country in the language of the pages; undefined where none was told. */
export function countryName(code: string | null): string | undefined {
  if (!code) return undefined
  try {
    return new Intl.DisplayNames(language(), { type: 'region', fallback: 'code' }).of(code.toUpperCase())
  } catch {
    return code
  }
}
