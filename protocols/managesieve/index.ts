/** ManageSieve: scripts that file mail, for programs that edit them. RFC 5804. */
export { startManageSieve, type RunningManageSieve } from './start.ts'
