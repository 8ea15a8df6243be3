package dev.edgeinfinite.demo

import android.app.Activity
import android.content.Intent
import android.os.Build
import android.os.Bundle
import android.util.TypedValue
import android.view.View
import android.view.WindowInsets
import android.widget.TextView
import android.window.OnBackInvokedCallback
import android.window.OnBackInvokedDispatcher
import kotlinx.coroutines.MainScope
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch

/** The one screen: five pages, and the document over them. What is under way belongs to [ReaderViewModel], which survives this. */
class DemoActivity :
    Activity(),
    Screen {
    private val scope = MainScope()
    override lateinit var viewModel: ReaderViewModel
    private lateinit var pages: Map<Int, View>
    private lateinit var documentPage: DocumentPage
    private var page = R.id.tab_summarise

    /** Held only while there is something to go back to, so that the system animates leaving by itself. */
    private var backCallback: Any? = null

    override fun onCreate(state: Bundle?) {
        super.onCreate(state)
        setContentView(R.layout.main)
        val app = application as DemoApp
        val kept = lastNonConfigurationInstance as ReaderViewModel?
        viewModel = kept ?: app.readerViewModel()
        val root = findViewById<View>(R.id.root)
        pages = mapOf(
            R.id.tab_summarise to root.findViewById(R.id.page_summarise),
            R.id.tab_ask to root.findViewById(R.id.page_ask),
            R.id.tab_shelf to root.findViewById(R.id.page_shelf),
            R.id.tab_benchmark to root.findViewById(R.id.page_benchmark),
            R.id.tab_about to root.findViewById(R.id.page_about),
        )
        for (tab in pages.keys) {
            val button = root.findViewById<TextView>(tab)
            button.setOnClickListener { turnTo(tab) }
            val most = resources.getDimension(R.dimen.tab_letters_most)
            if (button.textSize > most) button.setTextSize(TypedValue.COMPLEX_UNIT_PX, most)
        }
        documentPage = DocumentPage(root.findViewById(R.id.page_document), viewModel::hide)
        edgeToEdge(root)

        val summarise = SummarisePage(pages.getValue(R.id.tab_summarise), this)
        val ask = AskPage(pages.getValue(R.id.tab_ask), this)
        val shelf = ShelfPage(pages.getValue(R.id.tab_shelf), this)
        val benchmark = BenchmarkPage(pages.getValue(R.id.tab_benchmark), app, this)
        val about = AboutPage(pages.getValue(R.id.tab_about), this)
        scope.launch {
            viewModel.uiState.collect { state ->
                summarise.show(state)
                ask.show(state)
                shelf.show(state)
                benchmark.show(state)
                about.show(state)
                show(state.shown)
            }
        }

        if (kept == null) viewModel.read((if (state == null) shared(intent) else null) ?: app.sample())
        turnTo(state?.getInt(PAGE)?.takeIf(pages::containsKey) ?: R.id.tab_summarise)
    }

    override fun onNewIntent(intent: Intent) {
        super.onNewIntent(intent)
        shared(intent)?.let {
            turnTo(R.id.tab_summarise)
            viewModel.read(it)
        }
    }

    override fun onSaveInstanceState(state: Bundle) {
        super.onSaveInstanceState(state)
        state.putInt(PAGE, page)
    }

    override fun onRetainNonConfigurationInstance(): Any = viewModel

    override fun onTrimMemory(level: Int) {
        super.onTrimMemory(level)
        viewModel.trim()
    }

    override fun onDestroy() {
        scope.cancel()
        if (!isChangingConfigurations) viewModel.close()
        super.onDestroy()
    }

    override fun choose() = startActivityForResult(picker(), CHOSEN)

    override fun chooseForShelf() = startActivityForResult(pickerOfSeveral(), CHOSEN_FOR_SHELF)

    override fun onActivityResult(request: Int, result: Int, data: Intent?) {
        if (result != RESULT_OK || data == null) return
        val sources = chosen(data)
        when (request) {
            CHOSEN -> sources.firstOrNull()?.let { viewModel.read(it) }
            CHOSEN_FOR_SHELF -> viewModel.shelf.add(sources)
        }
    }

    override fun sample() = viewModel.read((application as DemoApp).sample())

    private fun show(document: ShownDocument?) {
        documentPage.show(document)
        val hidden = if (document == null) View.IMPORTANT_FOR_ACCESSIBILITY_AUTO else View.IMPORTANT_FOR_ACCESSIBILITY_NO_HIDE_DESCENDANTS
        findViewById<View>(R.id.content).importantForAccessibility = hidden
        watchBack()
    }

    override fun turnTo(tab: Int) {
        page = tab
        for ((other, view) in pages) {
            view.shown(other == tab)
            findViewById<View>(other).isSelected = other == tab
        }
        watchBack()
    }

    /** From the document to its page, from a page to the first; false when there is nothing to go back to. */
    private fun goBack(): Boolean {
        when {
            documentPage.isOpen -> viewModel.hide()
            page != R.id.tab_summarise -> turnTo(R.id.tab_summarise)
            else -> return false
        }
        return true
    }

    private fun watchBack() {
        if (Build.VERSION.SDK_INT < 33) return
        val wanted = documentPage.isOpen || page != R.id.tab_summarise
        val held = backCallback as OnBackInvokedCallback?
        if (wanted && held == null) {
            val callback = OnBackInvokedCallback { goBack() }
            onBackInvokedDispatcher.registerOnBackInvokedCallback(OnBackInvokedDispatcher.PRIORITY_DEFAULT, callback)
            backCallback = callback
        } else if (!wanted && held != null) {
            onBackInvokedDispatcher.unregisterOnBackInvokedCallback(held)
            backCallback = null
        }
    }

    @Deprecated("Until Android 12")
    @Suppress("DEPRECATION")
    override fun onBackPressed() {
        if (!goBack()) super.onBackPressed()
    }

    /** Draws under the system's bars and keeps what is to be read and touched out of them; the keyboard takes the place of the tabs. */
    @Suppress("DEPRECATION") // what came in Android 11 is not there in 8
    private fun edgeToEdge(root: View) {
        root.systemUiVisibility = root.systemUiVisibility or View.SYSTEM_UI_FLAG_LAYOUT_STABLE or
            View.SYSTEM_UI_FLAG_LAYOUT_FULLSCREEN or View.SYSTEM_UI_FLAG_LAYOUT_HIDE_NAVIGATION
        val tabs = root.findViewById<View>(R.id.tabs)
        root.setOnApplyWindowInsetsListener { _, insets ->
            val (bars, keyboard) = if (Build.VERSION.SDK_INT >= 30) {
                val bars = insets.getInsets(WindowInsets.Type.systemBars() or WindowInsets.Type.displayCutout())
                listOf(bars.left, bars.top, bars.right, bars.bottom) to insets.getInsets(WindowInsets.Type.ime()).bottom
            } else {
                val bottom = insets.systemWindowInsetBottom
                val bar = insets.stableInsetBottom
                listOf(insets.systemWindowInsetLeft, insets.systemWindowInsetTop, insets.systemWindowInsetRight, bar) to
                    if (bottom > bar) bottom else 0
            }
            val (left, top, right, bottom) = bars
            root.setPadding(left, top, right, keyboard)
            tabs.shown(keyboard == 0)
            tabs.setPadding(0, 0, 0, bottom)
            documentPage.inset(if (keyboard == 0) bottom else 0)
            insets
        }
    }

    private companion object {
        const val CHOSEN = 1
        const val CHOSEN_FOR_SHELF = 2
        const val PAGE = "page"
    }
}
