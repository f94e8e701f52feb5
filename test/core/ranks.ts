/** What roles permit, known by heart: the oracle for tests of access. */

/** How much each role permits: 1 to view, 2 to edit, 3 to set policies. */
export const RANKS: Readonly<Record<string, number>> = {
  'roles/runtimeconfig.viewer': 1,
  'roles/runtimeconfig.editor': 2,
  'roles/runtimeconfig.admin': 3,
  'roles/viewer': 1,
  'roles/editor': 2,
  'roles/owner': 3,
}

/** How much it takes: viewing and policies are told by their names, every other permission is for editors. */
export const rankOf = (permission: string) =>
  permission.endsWith('IamPolicy') ? 3 : /\.(?:get|list|watch)$/.test(permission) ? 1 : 2
