// The recommended rules over the browser code; how it looks is prettier's.

import js from '@eslint/js';
import globals from 'globals';

const MODULES = [
  'chat/widget/**/*.js',
  'contactcenter/desk/static/**/*.js',
  'contactcenter/telephony/emulator/static/**/*.js',
];

export default [
  { ignores: ['**/vendor/**', '**/node_modules/**'] },
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  { files: MODULES, languageOptions: { globals: globals.browser } },
  // It stands in the page itself, before any module.
  { files: ['chat/widget/exit.js'], languageOptions: { sourceType: 'script' } },
  {
    files: ['.ci/node/**', 'contactcenter/desk/vendor-packages/**', 'tests/unit/browser/**'],
    languageOptions: { globals: globals.node },
  },
];
