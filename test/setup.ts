/**
 * One PostgreSQL for all test files: `node --test --test-global-setup test/setup.ts`. Test files run in processes of
 * their own and find it by the environment; each clones the template (database.ts).
 */
import { startCluster } from './cluster.ts'

let stop: (() => void) | undefined

export async function globalSetup(): Promise<void> {
  const cluster = await startCluster()
  stop = cluster.stop
  process.env['ZEGEL_TEST_DATABASE'] = cluster.url
  process.env['ZEGEL_TEST_KEY'] = cluster.keyFile
  process.env['ZEGEL_TEST_FOLDER'] = cluster.folder
}

export function globalTeardown(): void {
  stop?.()
}
