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
  const ui = SwaggerUIBundle({
    ...$PARAMETERS$,
    url: spec,
    dom_id: '#swagger-ui',
    layout: 'BaseLayout',
    oauth2RedirectUrl: new URL($REDIRECT$, location.href).href,
    presets: [SwaggerUIBundle.presets.apis],
  })
  ui.initOAuth($OAUTH$)
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
