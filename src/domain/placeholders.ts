/** What stands in a new file for its author to replace. */
export const placeholders = {
  text: 'Write the text here.',
  lead: 'The new station opens on 3 March.',
  phone: '+358 …',
  email: 'press@example.org',
}
