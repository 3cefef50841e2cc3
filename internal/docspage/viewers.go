package docspage

// swaggerUI is Swagger UI. Parameters that name other documents or hosts, or are
// functions, are not among those that may be said: the page shows this document,
// and its policy lets nothing else in.
var swaggerUI = viewer{
	name:  "Swagger UI",
	body:  `<div id="swagger-ui"></div>`,
	files: []string{"swagger-ui.css", "swagger-ui-bundle.js"},
	script: `
  const spec = new URL($SPEC$, location.href).href;
  const mine = $MINE$;
  const rights = {rows: null, whose: 'you', heard: new Set()};
  const padlocks = () => ({wrapComponents: {OperationSummary: (Original, system) => props => {
    const {createElement: h, useEffect, useState} = system.React;
    const [, again] = useState(0);
    useEffect(() => {
      const hear = () => again(n => n + 1);
      rights.heard.add(hear);
      return () => rights.heard.delete(hear);
    }, []);
    const of = props.operationProps;
    const row = rights.rows && rights.rows[of.get('method').toUpperCase() + ' ' + of.get('path')];
    const note = row && h('p', {className: 'rights', style: {margin: 0, padding: '0 12px 8px', fontSize: '12px', color: 'inherit'}},
      row.missing ? '\u2717 not for ' + rights.whose + ': it needs ' + row.missing : '\u2713 open to ' + rights.whose);
    return h('div', null, h(Original, props), note);
  }}});
  const granted = $GRANTED$;
  const able = {user: '', scopes: []};
  const offers = () => ({wrapComponents: {oauth2: (Original, system) => props => {
    const h = system.React.createElement;
    system.React.useEffect(() => { // Swagger UI shows the last field first
      const box = document.querySelector('.modal-ux-content');
      if (!box) return;
      box.querySelector('input')?.focus();
      box.scrollTop = 0;
    }, []);
    const names = Object.keys((props.schema && props.schema.get('scopes') || new Map()).toJS?.() || {});
    const not = names.filter(name => !able.scopes.includes(name));
    const note = able.user && names.length > 0 && h('p', {className: 'granted', style: {margin: '0 0 12px'}},
      able.user + ' has signed in, and can get ' + (names.filter(name => able.scopes.includes(name)).join(', ') || 'none of these scopes') +
      (not.length > 0 ? '. What ' + able.user + ' cannot get: ' + not.join(', ') + '.' : '.'));
    return h('div', null, note, h(Original, props));
  }}});
  const ui = SwaggerUIBundle({
    ...$PARAMETERS$,
    url: spec,
    dom_id: '#swagger-ui',
    layout: 'BaseLayout',
    oauth2RedirectUrl: new URL($REDIRECT$, location.href).href,
    presets: [SwaggerUIBundle.presets.apis],
    plugins: [...(mine ? [padlocks] : []), ...(granted ? [offers] : [])],
  })
  const oauth = $OAUTH$;
  ui.initOAuth($OAUTH$)
  const ask = async () => {
    try {
      const answer = await fetch(new URL(granted, location.href), {headers: {Accept: 'application/json'}});
      if (answer.ok) Object.assign(able, await answer.json());
    } catch {}
    if (!able.user) return;
    const reads = Object.values((await (await fetch(spec)).json()).paths || {}).flatMap(path => path.get && path.get.security || [])
      .flatMap(way => Object.values(way).flat());
    const ticked = [...new Set([...(oauth.scopes || '').split(' '), ...reads])].filter(name => able.scopes.includes(name));
    ui.initOAuth({...oauth, scopes: ticked.join(' ')});
  };
  if (granted) ask();
  const credential = () => {
    const all = ui.getState().getIn(['auth', 'authorized']);
    for (const one of all ? Object.values(all.toJS()) : []) {
      if (one.token && one.token.access_token) return 'Bearer ' + one.token.access_token;
      if (one.schema && one.schema.type === 'http' && typeof one.value === 'string' && one.value) return 'Bearer ' + one.value;
    }
    return '';
  };
  const show = (rows, whose) => {
    rights.rows = rows;
    rights.whose = whose;
    rights.heard.forEach(hear => hear());
  };
  const viewAs = document.createElement('form');
  viewAs.className = 'view-as';
  viewAs.hidden = true;
  viewAs.innerHTML = '<label>View as <input name="user" maxlength="64" autocapitalize="none" spellcheck="false" autocomplete="off" placeholder="you"></label> <button>Show</button> <span role="status"></span>';
  viewAs.style.cssText = 'max-width: 1460px; margin: 0 auto; padding: 12px 20px; font-family: sans-serif; font-size: 14px; color: inherit';
  document.getElementById('swagger-ui').before(viewAs);
  viewAs.addEventListener('submit', async event => {
    event.preventDefault();
    const user = viewAs.elements.user.value.trim(), said = viewAs.querySelector('[role="status"]');
    said.textContent = '';
    const from = user ? mine.replace(/[?].*/, '/as?user=' + encodeURIComponent(user)) : mine;
    try {
      const answer = await fetch(new URL(from, location.href), {headers: {Authorization: known}});
      if (answer.ok) show(Object.fromEntries((await answer.json()).map(row => [row.method + ' ' + row.path, row])), user || 'you');
      else said.textContent = answer.status === 404 ? 'There is no user of that name.' : 'That did not work.';
    } catch { said.textContent = 'That did not work.'; }
  });
  let known = '';
  const learn = async () => {
    const now = credential();
    if (!mine || now === known) return;
    known = now;
    let rows = null;
    try {
      const answer = now && await fetch(new URL(mine, location.href), {headers: {Authorization: now}});
      if (answer && answer.ok) rows = Object.fromEntries((await answer.json()).map(row => [row.method + ' ' + row.path, row]));
    } catch {}
    if (now !== known) return;
    const another = rows && Object.entries(rows).find(([name]) => name === 'GET /' + mine.replace(/^([.][.][/])*/, '').replace(/[?].*/, '/as'));
    viewAs.hidden = !another || !!another[1].missing;
    show(rows, 'you');
  };
  ui.getStore().subscribe(learn);
  learn()
`,
	parameters: map[string]any{"deepLinking": true, "showExtensions": true, "showCommonExtensions": true},
	allowed: []string{
		"defaultModelExpandDepth", "defaultModelRendering", "defaultModelsExpandDepth", "displayOperationId", "displayRequestDuration",
		"docExpansion", "filter", "maxDisplayedTags", "operationsSorter", "persistAuthorization", "requestSnippets", "requestSnippetsEnabled",
		"supportedSubmitMethods", "syntaxHighlight", "tagsSorter", "tryItOutEnabled", "withCredentials",
	},
}

// reDoc is ReDoc. Its search would run in a worker that is made of a blob, which
// the page's policy does not allow, and so it is off. The logo of its makers is
// on another host, and not shown.
var reDoc = viewer{
	name:  "ReDoc",
	body:  `<div id="redoc"></div>`,
	files: []string{"redoc.standalone.js"},
	script: `
  const spec = new URL($SPEC$, location.href).href;
  Redoc.init(spec, {...$PARAMETERS$, disableSearch: true}, document.getElementById('redoc'))
`,
	parameters: map[string]any{"sanitize": true},
	allowed: []string{
		"downloadDefinitionUrl", "downloadFileName", "downloadUrls", "enumSkipQuotes", "expandDefaultServerVariables", "expandResponses",
		"expandSingleSchemaField", "generatedSamplesMaxDepth", "hideDownloadButtons", "hideFab", "hideHostname", "hideLoading",
		"hidePropertiesPrefix", "hideRequestPayloadSample", "hideSchemaPattern", "hideSchemaTitles", "hideSecuritySection",
		"hideSingleRequestSampleTab", "ignoreNamedSchemas", "jsonSamplesExpandLevel", "labels", "maxDisplayedEnumValues", "menuToggle",
		"nativeScrollbars", "onlyRequiredInSamples", "pathInMiddlePanel", "payloadSampleIdx", "schemaDefinitionsTagName",
		"schemasExpansionLevel", "scrollYOffset", "showExtensions", "showObjectSchemaExamples", "showSecuritySchemeType", "showWebhookVerb",
		"sideNavStyle", "simpleOneOfTypeLabel", "sortEnumValuesAlphabetically", "sortOperationsAlphabetically", "sortPropsAlphabetically",
		"sortRequiredPropsFirst", "sortTagsAlphabetically", "theme",
	},
}
