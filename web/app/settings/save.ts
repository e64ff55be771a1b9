import { saveSettings } from '../data/settings.svelte.ts'
import { failed } from '../mail/perform.ts'

/** Changes settings, and says so when the server declines. */
export function save(change: Parameters<typeof saveSettings>[0]): void {
  void saveSettings(change).catch(failed)
}
