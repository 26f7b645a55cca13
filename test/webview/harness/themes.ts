/** The variables that VS Code puts on a webview's page, for its four kinds of theme: those that the panel reads. */

export interface PageTheme {
  readonly bodyClass: string;
  readonly kind: string;
  readonly variables: Readonly<Record<string, string>>;
}

const charts = (
  red: string,
  blue: string,
  yellow: string,
  rest: readonly string[],
): Record<string, string> => ({
  'charts-red': red,
  'charts-blue': blue,
  'charts-yellow': yellow,
  'charts-orange': rest[0] ?? '',
  'charts-green': rest[1] ?? '',
  'charts-purple': rest[2] ?? '',
});

const darkModern = {
  ...charts('#f14c4c', '#59a4f9', '#cca700', ['#d18616', '#89d185', '#b180d7']),
  'editor-background': '#1f1f1f',
  foreground: '#cccccc',
  descriptionForeground: '#9d9d9d',
  'sideBar-background': '#181818',
  'panel-border': '#2b2b2b',
  focusBorder: '#0078d4',
  'editorWidget-background': '#202020',
  'editorHoverWidget-background': '#202020',
  'editorHoverWidget-border': '#454545',
  'editorWarning-foreground': '#cca700',
  errorForeground: '#f85149',
  'button-background': '#0078d4',
  'button-foreground': '#ffffff',
  'button-secondaryBackground': '#313131',
  'button-secondaryForeground': '#cccccc',
  'badge-background': '#616161',
  'badge-foreground': '#f8f8f8',
  'dropdown-background': '#313131',
  'dropdown-foreground': '#cccccc',
  'dropdown-border': '#3c3c3c',
  'input-background': '#313131',
  'input-foreground': '#cccccc',
  'settings-textInputBorder': '#3c3c3c',
};

const lightModern = {
  ...charts('#e51400', '#1a85ff', '#bf8803', ['#d18616', '#388a34', '#652d90']),
  'editor-background': '#ffffff',
  foreground: '#3b3b3b',
  descriptionForeground: '#3b3b3b',
  'sideBar-background': '#f8f8f8',
  'panel-border': '#e5e5e5',
  focusBorder: '#005fb8',
  'editorWidget-background': '#f8f8f8',
  'editorHoverWidget-background': '#f8f8f8',
  'editorHoverWidget-border': '#c8c8c8',
  'editorWarning-foreground': '#bf8803',
  errorForeground: '#f85149',
  'button-background': '#005fb8',
  'button-foreground': '#ffffff',
  'button-secondaryBackground': '#e5e5e5',
  'button-secondaryForeground': '#3b3b3b',
  'badge-background': '#cccccc',
  'badge-foreground': '#3b3b3b',
  'dropdown-background': '#ffffff',
  'dropdown-foreground': '#3b3b3b',
  'dropdown-border': '#cecece',
  'input-background': '#ffffff',
  'input-foreground': '#3b3b3b',
  'settings-textInputBorder': '#cecece',
};

const highContrast = {
  ...charts('#f48771', '#59a4f9', '#ffd370', ['#d18616', '#89d185', '#b180d7']),
  'editor-background': '#000000',
  foreground: '#ffffff',
  descriptionForeground: '#ffffff',
  'sideBar-background': '#000000',
  'panel-border': '#6fc3df',
  contrastBorder: '#6fc3df',
  contrastActiveBorder: '#f38518',
  focusBorder: '#f38518',
  'editorWidget-background': '#0c141f',
  'editorHoverWidget-background': '#0c141f',
  'editorHoverWidget-border': '#6fc3df',
  errorForeground: '#f48771',
  'button-border': '#6fc3df',
  'settings-textInputBorder': '#6fc3df',
  'button-background': '#000000',
  'button-foreground': '#ffffff',
  'button-secondaryBackground': '#000000',
  'button-secondaryForeground': '#ffffff',
  'badge-background': '#000000',
  'badge-foreground': '#ffffff',
  'dropdown-background': '#000000',
  'dropdown-foreground': '#ffffff',
  'dropdown-border': '#6fc3df',
  'input-background': '#000000',
  'input-foreground': '#ffffff',
};

const highContrastLight = {
  ...highContrast,
  'editor-background': '#ffffff',
  foreground: '#292929',
  descriptionForeground: '#292929',
  'sideBar-background': '#ffffff',
  'panel-border': '#0f4a85',
  contrastBorder: '#0f4a85',
  contrastActiveBorder: '#006bbd',
  focusBorder: '#006bbd',
  'editorWidget-background': '#ffffff',
  'editorHoverWidget-background': '#ffffff',
  'editorHoverWidget-border': '#0f4a85',
  'button-border': '#0f4a85',
  'settings-textInputBorder': '#0f4a85',
  'button-background': '#0f4a85',
  'button-secondaryBackground': '#ffffff',
  'button-secondaryForeground': '#292929',
  'badge-background': '#0f4a85',
  'dropdown-background': '#ffffff',
  'dropdown-foreground': '#292929',
  'dropdown-border': '#0f4a85',
  'input-background': '#ffffff',
  'input-foreground': '#292929',
};

/** By the name of the screenshot. */
export const themes: Readonly<Record<'dark' | 'light' | 'hc' | 'hc-light', PageTheme>> = {
  dark: { bodyClass: 'vscode-dark', kind: 'vscode-dark', variables: darkModern },
  light: { bodyClass: 'vscode-light', kind: 'vscode-light', variables: lightModern },
  hc: { bodyClass: 'vscode-high-contrast', kind: 'vscode-high-contrast', variables: highContrast },
  'hc-light': {
    bodyClass: 'vscode-high-contrast vscode-high-contrast-light',
    kind: 'vscode-high-contrast-light',
    variables: highContrastLight,
  },
};
