"""Signs by which a line shows that it belongs to a page and not to a note; each is weighed by what stands around it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.clean.page import LINK, URL

if TYPE_CHECKING:
    from ingest.blocks import Line

_SENTENCE_END = "。！？；!?;…"
DATE = re.compile(
    r"(?:19|20)\d\d\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?|\d{1,2}月\d{1,2}日|(?<![\d-])[01]\d-[0-3]\d(?![\d-])"
    r"|(?:周|星期)[一二三四五六日天]"
    r"|(?:(?:昨天|今天|前天|刚刚)(?![^\s\d·・])|\d+\s*(?:分钟|小时|天|个?月|年|周)前)"
    r"|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?\s+\d{1,2}(?:,?\s*'?\d{2,4})?"
    r"|\b\d+\s*(?:minutes?|hours?|days?|weeks?|months?|years?)\s+ago"
    r"|\b\d+\s*min(?:ute)?s?(?:\s+read)?\b",
    re.IGNORECASE,
)
_FILLER = re.compile(
    r"[他她的了么吗在于和与或为以对可已共约还您你我请先后个条次人元加是将]|\b(?:a|an|the|and|or|of|for|at|in|on|to|by"
    r"|from|with|this|that|it|is|are|be|no|yes|if|your|you|our|we|my|me|all|under|what)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"\d{1,2}:\d\d(?::\d\d)?")
WORDS = re.compile(
    r"点赞|點贊|收藏|评论|評論|分享|转发|关注|關注|喜欢|赞同|赞赏|贊|赞|踩|阅读(?:量|数|全文|原文|排行|时长|时间)?"
    r"|閱讀|浏览(?:量|数)?|被浏览|观看|播放|订阅|复制(?:链接|代码)?|编辑于?|回复|举报|舉報|反馈|投诉"
    r"|打赏|推荐(?:阅读)?|登录|注册|登錄|发布于?|發佈|发表(?:于|评论)?|写(?:评论|留言|回答|文章)|留言|提交|取消|确定"
    r"|确认|保存|删除|更多(?:精彩内容)?|展开|收起|目录|上一篇|下一篇|首页|返回顶部|回到顶部|顶部|客服|隐私|条款|协议"
    r"|博客园|博客|博主|文章(?:来源|标签|分类)?|作者|楼主|粉丝|原创|专栏|分类(?:专栏)?|标签|热门|最新|最热|热度|默认"
    r"|排序|时间|查看(?:全部|更多)?|查看|全部|公告|昵称|园龄|随笔|积分|排名|访问(?:量)?|等级|勋章|私信|已采纳|采纳"
    r"|微信(?:支付|扫一扫|公众号)?|支付宝|朋友圈|微博|新浪|扫一扫|扫码|二维码|公众号|小程序|客户端|打开|下载|知乎|简书"
    r"|掘金|CSDN|csdn|知了|来源|来自|转载自?|原文|链接|地址|版权|声明|最后|最近|最后编辑|修改|更新|创建|字数|分钟"
    r"|IP\s*属地|属地|北京|上海|广东|浙江|江苏|四川|湖北|山东|福建|陕西|湖南|河南|安徽|重庆|天津|辽宁|江西|黑龙江|吉林"
    r"|河北|山西|广西|贵州|云南|甘肃|海南|内蒙古|新疆|宁夏|青海|西藏|香港|台湾|澳门|海外|未知"
    r"|确定要|放弃|本次|机会|福利|倒计时|立减|立即|年卡|普通|优惠|可用|VIP|vip|收藏成功|已添加到|更改|总资产|获得|一共"
    r"|精彩内容|写了|就在|小礼物|走一走|招贤纳士|商务合作|寻求报道|在线|工作时间|公安备案号|备案号|备案|京ICP|ICP|网安"
    r"|许可证|营业执照|举报中心|违法|不良|有限公司|技术支持|服务条款|沸点|圈|话题|收录于|收录|合集|星标|不迷路"
    r"|公众号ID|学习群|加入方式|主页|获取|换一批|编辑精选|精选|领券|建议|文档|控制台|邀请|回答|问题|好问题|隐私保护"
    r"|指引|机构号|联系我们|招聘|指南|签到|掘友|感谢|点我|管理|新随笔|联系|逛逛|刷新|页面|红包|余额|充值|支付|实付"
    r"|抵扣|钱包|付费|购买|金额|虚拟货币|领取|祝福语|填写|标题|规则|会员|课程|成为|当前|前往|个数|最低|最小|使用|点击"
    r"|重新获取|获取|发出|说明|添加|免费"
    r"|(?:非常)?没?有?帮助|一般|觉得|不错|一键|三连|在看|轻点两下|预览时标签不可点|继续滑动看下一个|轻触|知道了|允许"
    r"|暂无|没有人|数据|申请|禁止|所有|侵权|快来|抢|沙发|第一|说点什么|看法|即可"
    r"|\b(?:follow(?:ing|ers?)?|sign (?:up|in|out)|log(?:ged)? ?(?:in|out)?|share[ds]?|listen|saved?|comments?"
    r"|responses?|likes?|claps?|reply|replies|subscribe[dr]?s?|read(?:ing)?|more|written|open|app|member-only|story"
    r"|stories"
    r"|get|started|help|status|about|careers|press|blog|privacy|terms|text|speech|teams?|report|abuse|code|conduct"
    r"|dropdown|menu|copy|link|hide|top|latest|newest|oldest|edit(?:ed|or)?|post(?:ed|s)?|published|publication"
    r"|publish|updated|view(?:s|ed)?"
    r"|add|first|yet|thoughts|cancel|respond|see|recommended|home|search|write|notifications?|tags?|author|reactions?"
    r"|bookmarks?|previous|next|back|article|news|newsletter|email|skip|main|content|menu|profile|join|now|free|medium"
    r"|dev|twitter|facebook|linkedin|reddit|github|discussion|discuss|leave|cookies?|policy|contact|rss|sitemap"
    r"|powered|theme|copyright|rights|reserved|press|enter|click|image|full|size|min|enjoyed|support|supporters?|paid"
    r"|podcasts?|terms|use|app|start|restacks?|collection|notice|skip|jump|unicorn|reaction|create|template|logo"
    r"|writer|collapse|expand|community|subscribers?|thanks|reading|receive|work|free|chat|video|shop|faqs?|guidelines"
    r"|moderation|feedback|tip|jar|sponsors?|advertise|newest|best|controversial|archive|previous|series|updated?"
    r"|licensed?|use|cookies)\b",
    re.IGNORECASE,
)
_ANCHORS = re.compile(
    r"登录后|登录\s*/\s*注册|登录/注册|举报|IP\s*属地|posted\s*@|发布于|编辑于|阅读原文|扫一扫|打赏|赞赏|赞同|红包"
    r"|三连|还没有人|暂无评论|写留言|写评论|申请转载|返回顶部|回到顶部|前往充值|加关注|园龄|关注我|写回答|"
    r"min read|sign (?:up|in)\b|open in app|member-only|report abuse|code of conduct|all rights reserved|top comments"
    r"|leave a (?:comment|reply)|\bfollowers\b|powered by|在看|不可点|下一个|"
    r"^(?:非常)?[没有]帮助$|对你有帮助么|一键收藏|不良信息|备案|来源[:：]|上一篇|下一篇|previous (?:post|article)|next (?:post"
    r"|article)|recommended from|more from|no responses|add comment|wechat|alipay|粉丝|著作权",
    re.IGNORECASE,
)
COUNT = re.compile(
    r"(?:点赞数?|點贊|收藏数?|评论数?|評論|分享|转发|喜欢|赞同|赞|踩|阅读[量数]?|浏览[量数]?|被浏览|观看|播放量?|粉丝"
    r"|关注者?|留言|推荐|字数|likes?|claps?|comments?|responses?|views?|shares?|followers?|reads?|reactions?)"
    r"\s*[(（:：]?\s*\d[\d.,]*\s*[kKwWmM万千+]?|\d[\d.,]*\s*[kKwWmM万千+]*\s*(?:次|人|条|个|篇)?\s*"
    r"(?:点赞|點贊|收藏|评论|評論|分享|转发|喜欢|赞同|人?赞|阅读|浏览|播放|粉丝|关注|likes?|claps?|comments?"
    r"|responses?|views|shares|followers|reads|reactions)\b",
    re.IGNORECASE,
)
TIP = re.compile(
    r"(?:欢迎|感谢|喜欢|觉得|如果|支持)[^。\n]{0,40}(?:打赏|赞赏|投币|请我喝|赞助)|(?:打赏|赞赏)(?:支持|作者|一下)"
    r"|tip the author|buy me a coffee|wechat\s*pay.{0,30}alipay|微信.{0,20}支付宝|请作者喝",
    re.IGNORECASE,
)
_FIELDS = re.compile(
    r"(?:作者|来源|文章来源|原文链接|原文地址|原文|标签|文章标签|分类|文章分类|分类专栏|所属专栏|专栏|版权|昵称|园龄"
    r"|责任编辑|编辑|校对|审核|排版|本文链接|文章链接|链接|转载自|author|tags?|filed under|posted (?:on|by|in)"
    r"|published|updated|last (?:modified|updated|edited)|category|categories|source)\s*[:：]|(?:博主)?文章(?:标签"
    r"|分类)\s|by\s.{1,40}/",
    re.IGNORECASE,
)
_CRUMBS = re.compile(
    r"(?:(?:您的?)?(?:当前|现在)?的?位置[:：]?[^>»›\n]{0,12}|(?:社区|网站|博客)?首页|主页|home)\s*[>»›].{0,80}[>»›]",
    re.IGNORECASE,
)
_END = re.compile(r"[-—=~*·.\s]*(?:the end|end|fin|全文完|正文完|完|本文完|未完待续)[-—=~*·.\s]*", re.IGNORECASE)
HASHTAGS = re.compile(r"(?:#[^\s#]{1,40}#?\s+){1,}#[^\s#]{1,40}#?")
PLATFORM = re.compile(
    r"posted\s*@|公众号\s*ID|关注并星标|设为星标|不迷路|点击蓝字|点击上方.{0,12}关注|登录后才能|您还未登录|IP\s*属地"
    r"|微信扫一扫|预览时标签不可点|前往充值|min read|member-only story|open in app|report abuse|code of conduct"
    r"|all rights reserved|京ICP备|公安备案|粤ICP备|沪ICP备|icp备|最后编辑于|赞了该(?:文章|回答)|powered by|built on"
    r"|©\s*(?:19|20)\d\d",
    re.IGNORECASE,
)
_STAMPED = re.compile(
    r"于\s*(?:19|20)\d\d[-/.年].{1,20}(?:发布|修改|编辑|更新)|(?:发布|更新|修改|编辑)于\s*[:：]?\s*(?:19|20)\d\d"
)
STAMP = re.compile(
    r"(?:最后)?(?:发布|编辑|更新|修改|发表)(?:于|时间|日期)|(?:last )?(?:posted|published|updated|edited|modified)\b",
    re.IGNORECASE,
)
LETTER = re.compile(r"[^\W\d_]")
_NUMBER = re.compile(r"\d[\d.,]*\s*[kKwWmM万千+%]?")


def furniture(text: str) -> int:
    """How much a line looks like part of a page and not of a note: 0 not, 1 by its words, 2 by a count, date or phrase too."""
    text = text.lstrip("> ")
    if not text or len(text) > 160:
        return 0
    if "](" in text:
        bare = LINK.sub(r"\1", text)
        if not LETTER.search(LINK.sub("", text)):
            return max(furniture(bare), 1) if len(bare) <= 60 else 0
        text = bare
    unlinked = URL.sub(" ", text)
    rest = DATE.sub(" ", unlinked)
    linked, dated, counted = unlinked != text, rest != unlinked, bool(COUNT.search(text))
    share, letters = _share(_CLOCK.sub(" ", rest))
    if letters == 0:
        return 2 if dated or linked else 1
    if _ends(text) or (
        len(text) >= 16 and (text[-1] in "！？" or (text[-1] == "." and text.count(" ") >= 7 and "©" not in text))
    ):
        return 1 if share >= 0.5 else 0
    anchored = dated or counted or bool(_ANCHORS.search(text))
    if share >= 0.8:
        return 2 if anchored or linked else 1
    if anchored and (share >= 0.5 or (share >= 0.3 and len(text) <= 60)):
        return 2
    if share >= 0.5 and letters >= 8:
        return 1
    return _by_form(text, linked=linked, dated=dated, counted=counted)


def _share(text: str) -> tuple[float, int]:
    """The share of the letters that are in interface words, function words not counted, and how many letters there are."""
    left = len(LETTER.findall(_FILLER.sub(" ", _NUMBER.sub(" ", WORDS.sub("\0", text)))))
    letters = left + len(LETTER.findall(" ".join(WORDS.findall(text))))
    return (1 - left / letters if letters else 0.0), letters


def _by_form(text: str, *, linked: bool, dated: bool, counted: bool) -> int:
    """The grade of a line that is furniture by its form: a field, a stamp, a path, tags, a phrase of a platform."""
    if (dated and counted) or _STAMPED.search(text):
        return 2
    if _FIELDS.match(text) and len(text) <= 100:
        return 2 if linked or dated else 1
    if _CRUMBS.match(text) or HASHTAGS.fullmatch(text) or _END.fullmatch(text):
        return 1
    if PLATFORM.search(text) and (len(text) <= 60 or text[-1] not in "。.：:"):
        return 2
    return 0


def _ends(text: str) -> bool:
    """The line ends as a Chinese sentence does, or announces something."""
    return len(text) >= 8 and (text[-1] in "。：" or (text[-1] in ".:" and text[-2] > "\u2e80"))


def is_prose(line: Line) -> bool:
    """A line that says something: a sentence or a long line."""
    text = line.text
    return (
        line.protected
        or len(text) > 60
        or _ends(text)
        or (len(text) >= 16 and (text[-1] in _SENTENCE_END or (text[-1] == "." and text.count(" ") >= 3)))
    )


def is_question(text: str) -> bool:
    """One question: it may be the title of a page."""
    return text[-1] in "?？" and len(text) <= 80


def is_short(text: str) -> bool:
    """A few words, such as a name or a title."""
    return len(text) <= 25 or (len(text) <= 50 and text.isascii())


RELATED = re.compile(
    r"(?:相关|相關)(?:文章|推荐|推薦|阅读|閱讀|资讯|内容|博文|帖子|问题|搜索|视频|链接)?|(?:推荐|延伸|扩展|更多|精彩"
    r"|热门|最新|往期|猜你|编辑|为你|大家)(?:阅读|文章|推荐|回顾|精彩|喜欢|都在看|更多|资讯|帖子|博文|内容"
    r"|更多精彩内容)+|推荐阅读更多精彩内容"
    r"|猜你喜欢|阅读排行榜?|评论排行榜?|最新随笔|最新评论|随笔档案|被以下专栏收录|related(?: posts?| articles?"
    r"| stories| reading)?|you (?:may|might) also (?:like|enjoy)|more from .{1,60}|recommended(?: from .{1,40}"
    r"| for you| reading)?|read next|up next|trending(?: on .{1,40})?|keep reading|popular posts",
    re.IGNORECASE,
)
FORM = re.compile(
    r"评论(?:区)?|全部评论|留言板?|comments?(?:\s*\(\d+\))?|top comments.{0,10}|responses?(?:\s*\(\d+\))?"
    r"|discussion.{0,6}|leave a (?:comment|reply)|发表评论|写留言|精选留言",
    re.IGNORECASE,
)
TRUNCATED = re.compile(r"(?:…|\.\.\.|\[&hellip;\]|\[…\]|&g?t?…)\s*(?:阅读全文|read more|展开|»)?$", re.IGNORECASE)
_GRAM = re.compile(r"[\u3400-\u9fff]{2,}|[A-Za-z][A-Za-z0-9+-]+")


def bigrams(text: str) -> list[str]:
    """Pairs of neighbouring Chinese characters and the longer words, in lower case: what a text is about."""
    out: list[str] = []
    for match in _GRAM.findall(text):
        if match[0] > "\x7f":
            out.extend(match[i : i + 2] for i in range(len(match) - 1))
        elif len(match) > 3 or match.isupper():
            out.append(match.lower())
    return out
