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
  const rights = {rows: null, heard: new Set()};
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
      row.missing ? '\u2717 not for you: it needs ' + row.missing : '\u2713 open to you');
    return h('div', null, h(Original, props), note);
  }}});
  const ui = SwaggerUIBundle({
    ...$PARAMETERS$,
    url: spec,
    dom_id: '#swagger-ui',
    layout: 'BaseLayout',
    oauth2RedirectUrl: new URL($REDIRECT$, location.href).href,
    presets: [SwaggerUIBundle.presets.apis],
    plugins: mine ? [padlocks] : [],
  })
  ui.initOAuth($OAUTH$)
  const credential = () => {
    const all = ui.getState().getIn(['auth', 'authorized']);
    for (const one of all ? Object.values(all.toJS()) : []) {
      if (one.token && one.token.access_token) return 'Bearer ' + one.token.access_token;
      if (one.schema && one.schema.type === 'http' && typeof one.value === 'string' && one.value) return 'Bearer ' + one.value;
    }
    return '';
  };
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
    rights.rows = rows;
    rights.heard.forEach(hear => hear());
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
